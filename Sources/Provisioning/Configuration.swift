// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Catalogue
internal import Failures
internal import Filesystem
internal import FoundationEssentials
package import SystemPackage

/// The user's configuration: a JSON5 file, every key of which may be left out.
package struct Configuration: Equatable, Sendable {
    /// Times are in seconds.
    package struct Network: Equatable, Sendable {
        package var stallTimeout: Double?
        package var connectTimeout: Double?
        package var attempts: Int?
        package var connectionsPerHost: Int?
        /// A URL; `no_proxy` still applies.
        package var proxy: String?
    }

    package var network = Network()
    /// By distro, instead of those in `distros.json`.
    package var mirrors: [String: String] = [:]
    /// The emulated CPU, as `--cpu`.
    package var cpu: String?
    /// As `--acceleration`.
    package var acceleration: AccelerationChoice.Extent?
    /// What is eligible besides, and what is not.
    package var accelerate = EligibilityChanges()

    package init() {}

    /// Reads the file at `path`; the defaults where there is none.
    package init(at path: FilePath) throws(ProvisioningError) {
        let bytes: [UInt8]
        do throws(FilesystemError) {
            bytes = try path.readInput(limit: 1 << 20)
        } catch {
            guard [.noSuchFileOrDirectory, .notDirectory].contains(error.errno) else { throw ProvisioningError(error) }
            self.init()
            return
        }
        try self.init(parsing: bytes, at: path)
    }

    package init(parsing bytes: [UInt8], at path: FilePath) throws(ProvisioningError) {
        if let fault = JSONSyntax.firstFault(in: bytes) {
            throw ProvisioningError(.configuration(path, position: fault.place, reason: fault.reason))
        }
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        do {
            self = try decoder.decode(Configuration.self, from: Data(bytes))
        } catch let error as DecodingError {
            let fault = JSONFault(error)
            throw ProvisioningError(.configuration(path, position: fault.key, reason: fault.reason))
        } catch {
            throw ProvisioningError(.configuration(path, position: nil, reason: "it is not JSON5"))
        }
    }
}

extension Configuration: Decodable {
    private enum Key: String, CodingKey, CaseIterable {
        case network, mirrors, cpu, acceleration, accelerate
    }

    package init(from decoder: any Decoder) throws {
        try decoder.requireKeys(Key.self)
        let container = try decoder.container(keyedBy: Key.self)
        network = try container.decodeIfPresent(Network.self, forKey: .network) ?? Network()
        mirrors = try container.decodeIfPresent([String: String].self, forKey: .mirrors) ?? [:]
        cpu = try container.decodeIfPresent(String.self, forKey: .cpu)
        acceleration = try container.decodeIfPresent(AccelerationChoice.Extent.self, forKey: .acceleration)
        if container.contains(.accelerate) {
            accelerate = try EligibilityChanges(configuration: container.superDecoder(forKey: .accelerate))
        }
    }
}

extension Configuration.Network: Decodable {
    private enum Key: String, CodingKey, CaseIterable {
        case stallTimeout, connectTimeout, attempts, connectionsPerHost, proxy
    }

    package init(from decoder: any Decoder) throws {
        try decoder.requireKeys(Key.self)
        let container = try decoder.container(keyedBy: Key.self)
        func positive<Number: Decodable & Comparable & Numeric>(_ key: Key, _: Number.Type) throws -> Number? {
            guard let value = try container.decodeIfPresent(Number.self, forKey: key) else { return nil }
            guard value > 0 else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "a number above 0 is wanted")
            }
            return value
        }
        stallTimeout = try positive(.stallTimeout, Double.self)
        connectTimeout = try positive(.connectTimeout, Double.self)
        attempts = try positive(.attempts, Int.self)
        connectionsPerHost = try positive(.connectionsPerHost, Int.self)
        proxy = try container.decodeIfPresent(String.self, forKey: .proxy)
    }
}

extension EligibilityChanges {
    private enum Key: String, CodingKey, CaseIterable {
        case add, except
    }

    fileprivate init(configuration decoder: any Decoder) throws {
        try decoder.requireKeys(Key.self)
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            add: try container.decodeIfPresent([String].self, forKey: .add) ?? [],
            except: try container.decodeIfPresent([String].self, forKey: .except) ?? [])
    }
}

/// Any key at all.
private struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        nil
    }
}

extension Decoder {
    /// That the object has no key but those of `keys`: a misspelt one would have no effect, and nobody would know.
    fileprivate func requireKeys<Key: CodingKey & CaseIterable>(_ keys: Key.Type) throws {
        let known = keys.allCases.map(\.stringValue)
        for key in try container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
            let question = NearestNames.question(key.stringValue, among: known)
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: codingPath + [key],
                    debugDescription: question ?? "there is no such key; there are \(known.joined(separator: ", "))"))
        }
    }
}
