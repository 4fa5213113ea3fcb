// SPDX-License-Identifier: Apache-2.0

import Catalogue
import Filesystem
import Fixtures
import Foundation
import SystemPackage
import Testing

/// The schema and the reader are to agree on what is right.
@Suite struct SchemaTests {
    private let schema: JSONSchema
    private let document: [String: Any]

    init() throws {
        let top = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        schema = try JSONSchema(Data(try top.appending("docs/distros.schema.json").readFile()))
        let bytes = try top.appending("distros.json").readFile()
        document = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test func theBuiltInFileFitsTheSchema() {
        #expect(schema.faults(in: document) == [])
    }

    /// Whether the reader takes `document` as a user's file.
    private func isRead(_ document: Any) throws -> Bool {
        try withScratchDirectory { scratch in
            let path = scratch.appending("distros.json")
            try AtomicFile.write(Array(try JSONSerialization.data(withJSONObject: document)), to: path)
            do {
                _ = try Catalogue.load(userFile: path)
                return true
            } catch is CatalogueError {
                return false
            }
        }
    }

    @Test(arguments: [
        ["distros", "ubuntu"], ["distros", "ubuntu", "tarball"], ["distros", "ubuntu", "tarball", "index"],
        ["distros", "ubuntu", "tarball", "signature"], ["distros", "ubuntu", "archive"],
        ["distros", "ubuntu", "releases", "24.04"], [],
    ])
    func aKeyThatIsUnknownToOneIsUnknownToBoth(path: [String]) throws {
        let changed = try #require(Self.setting("nonsense", to: "x", at: path[...], in: document))
        #expect(schema.faults(in: changed).count == 1)
        #expect(try !isRead(changed))
    }

    @Test(arguments: [
        (["distros", "ubuntu", "tarball", "signature"], "keys", ["EFE21092"] as any Sendable),
        (["distros", "ubuntu", "tarball", "signature"], "over", "something"),
        (["distros", "ubuntu", "tarball", "index"], "form", "html"),
        (["distros", "ubuntu", "tarball"], "mirrors", ["example.org"]),
        (["distros", "ubuntu", "architectures"], "aarch64", "arm64"),
        (["distros", "ubuntu", "releases", "24.04"], "endOfLife", "soon"),
        (["distros", "ubuntu", "releases", "24.04"], "archived", "yes"),
        (["distros", "ubuntu"], "title", 7),
        ([], "version", 2),
    ])
    func aWrongValueIsWrongToBoth(path: [String], key: String, value: any Sendable) throws {
        let changed = try #require(Self.setting(key, to: value, at: path[...], in: document))
        #expect(!schema.faults(in: changed).isEmpty)
        #expect(try !isRead(changed))
    }

    private static func setting(
        _ key: String, to value: Any, at path: ArraySlice<String>, in object: [String: Any]
    ) -> [String: Any]? {
        var changed = object
        if let next = path.first {
            guard let inner = object[next] as? [String: Any] else { return nil }
            changed[next] = setting(key, to: value, at: path.dropFirst(), in: inner)
        } else {
            changed[key] = value
        }
        return changed
    }
}
