// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// The process's environment, as the commands need it.
enum Surroundings {
    static var environment: [String: String] {
        var result: [String: String] = [:]
        var entry = unsafe environ
        while let line = unsafe entry.pointee {
            let text = unsafe String(cString: line)
            if let separator = text.firstIndex(of: "=") {
                result[String(text[..<separator])] = String(text[text.index(after: separator)...])
            }
            unsafe entry += 1
        }
        return result
    }

    /// SOURCE_DATE_EPOCH, in seconds since 1970 (reproducible-builds.org); nil where it is not set.
    static func sourceDate() throws -> Int64? {
        guard let text = environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int64(text), seconds < 1 << 36 else {
            throw ValidationError("SOURCE_DATE_EPOCH: expected seconds since 1970, found \"\(text)\"")
        }
        return seconds
    }

    /// `KEY=VALUE`.
    static var variables: [String] { environment.map { "\($0.key)=\($0.value)" } }

    static var workingDirectory: FilePath {
        guard let path = unsafe getcwd(nil, 0) else { return "/" }
        defer { unsafe free(path) }
        return unsafe FilePath(platformString: path)
    }

    static var isWorkingDirectoryPrivate: Bool {
        PrivateDirectories(homes: PrivateDirectories.homes(environment: environment)).contain(workingDirectory)
    }

    /// To be asked while there is no other thread: it is changed for a moment.
    static var umask: UInt32 {
        let mask = Glibc.umask(0o077)
        _ = Glibc.umask(mask)
        return mask
    }

    /// Who asks, and from where.
    static func caller(_ isolation: Isolation = .full) throws -> Caller {
        Caller(
            identity: try Identity.ofCaller(isolation), currentDirectory: workingDirectory,
            isDirectoryPrivate: isWorkingDirectoryPrivate, environment: environment, umask: umask)
    }

    /// What works on the files of roots.
    static func workers() throws -> any NamespacePerforming {
        geteuid() == 0 ? DirectPerformer() : NamespacePerformer(identity: try Identity.ofCaller())
    }

    static func locations() throws -> Locations {
        let locations = try Locations(
            environment: environment, isRoot: geteuid() == 0, workingDirectory: workingDirectory)
        try locations.requireOwn(by: geteuid())
        return locations
    }
}
