// SPDX-License-Identifier: Apache-2.0

import PackageArchive
import Testing

struct PackageIndexTests {
    static let text = """
        a 1; Essential: yes; Provides: v (= 3), w:any,
        b 2; Priority: required; Provides: vv
        c 1:3; Priority: optional; Multi-Arch: same; Pre-Depends: a; Depends: b (>= 1) | v, c2
        c 1:4
        """

    @Test func packagesAreFoundByNameAndByWhatTheyProvide() throws {
        let index = try index(Self.text)
        #expect(index.count == 4)
        #expect(try index.versions(of: "c").map(\.version.text).sorted() == ["1:3", "1:4"])
        #expect(try index.versions(of: "v").isEmpty)
        #expect(try index.providers(of: "v").map(\.name) == ["a"])
        #expect(try index.providers(of: "w").map(\.name) == ["a"])
        #expect(try index.providers(of: "vv").map(\.name) == ["b"])
        #expect(try index.base().map(\.name) == ["a", "b"])
        #expect(try index.packageNames() == ["a", "b", "c", "c"])
    }

    /// The last line may lack its end, and the last paragraph the empty line after it.
    @Test func aFileMayEndAnywhere() throws {
        var text = packagesFile("a 1\nb 2")
        while text.hasSuffix("\n") { text.removeLast() }
        for ending in ["", "\n", "\n\n", "\n\n\n"] {
            let index = try PackageIndex(text: Array((text + ending).utf8), name: "Packages")
            #expect(try index.packageNames() == ["a", "b"], "\(ending.debugDescription)")
            #expect(try index.versions(of: "b").map(\.version.text) == ["2"])
        }
        #expect(try PackageIndex(text: Array("Package: a".utf8), name: "Packages").packageNames() == ["a"])
    }

    @Test func fieldsAreRead() throws {
        let record = try #require(try index(Self.text).versions(of: "c").first { $0.version.text == "1:3" })
        #expect(record.multiArch == "same")
        #expect(record.dependencies.map(\.description) == ["a", "b (>= 1) | v", "c2"])
        #expect(record.dependencies.map(\.isEarly) == [true, false, false])
        #expect(record.filename == "pool/c_1:3_arm64.deb")
    }

    @Test(arguments: [
        "Filename: ../../etc/passwd", "Filename: /etc/passwd", "Size: many", "SHA256: 00", "Package: ../x",
    ])
    func whatLeadsOutsideOrIsNoNumberIsRefused(_ field: String) throws {
        let name = field.prefix { $0 != ":" }
        let text = packagesFile("c 1").split(separator: "\n").map { $0.hasPrefix(name + ":") ? field : String($0) }
        #expect(throws: PackageArchiveError.self) {
            let index = try PackageIndex(text: Array((text.joined(separator: "\n") + "\n").utf8), name: "Packages")
            // Whatever it is called.
            _ = try index.versions(of: "c") + index.versions(of: "../x")
        }
    }
}
