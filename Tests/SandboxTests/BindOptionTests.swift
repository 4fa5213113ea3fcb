// SPDX-License-Identifier: Apache-2.0

import Failures
import SystemPackage
import Testing

@testable import Sandbox

@Suite struct BindOptionTests {
    private func parse(_ text: String) throws -> BindOption {
        try BindOption(parsing: text, relativeTo: "/home/u")
    }

    @Test func itsThreeForms() throws {
        let same = try parse("/srv/x")
        #expect(same.source == "/srv/x" && same.target == "/srv/x" && !same.isReadOnly)
        let other = try parse("/srv/x:/y")
        #expect(other.source == "/srv/x" && other.target == "/y" && !other.isReadOnly)
        #expect(try parse("/srv/x:/y:ro").isReadOnly)
        #expect(try !parse("/srv/x:/y:rw").isReadOnly)
        #expect(
            try parse("/srv/x:/y:ro").step == .bind(source: "/srv/x", target: "/y", readOnly: true, optional: false))
    }

    @Test func aRelativeSourceIsTheCallers() throws {
        #expect(try parse("src").source == "/home/u/src")
        #expect(try parse("../v/./src:/y").source == "/home/v/src")
        #expect(try parse(".").target == "/home/u")
    }

    @Test func theTargetStaysInTheRoot() throws {
        #expect(try parse("/x:/a/../../b").target == "/b")
    }

    @Test(arguments: ["", ":", "/a:", ":/b", "/a:/b:", "/a:/b:xx", "/a:b", "/a:/b:ro:x", "/a::ro", "/", "/a:/"])
    func anythingElseIsAnError(text: String) {
        let error = #expect(throws: SandboxError.self) { try parse(text) }
        #expect(error?.status == .usage)
        #expect(error?.problem.hasPrefix("cannot mount \(text)") == true)
    }
}
