// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Testing

@testable import Commands

@Suite struct PackageOptionTests {
    @Test func packagesAreSeparatedByCommasOrOptions() throws {
        let lists = [["a,b", "c"], ["a, b", "c"], ["a", "b", "c"]]
        for list in lists {
            let option = try PackageOption.parse(list.flatMap { ["--package", $0] })
            #expect(option.names == ["a", "b", "c"])
        }
        #expect(try PackageOption.parse(["--package", "a (>= 1) | b"]).names == ["a (>= 1) | b"])
    }

    @Test(arguments: ["", "a,", "a,,b", ",a", "a,-b"])
    func aNameMustNotBeMissing(_ list: String) {
        for command in [["create", "x", "debian:12"], ["build"], ["create", "x", "oci:debian"]] {
            #expect(throws: (any Error).self) { try Mangrove.parseAsRoot(command + ["--package=\(list)"]) }
        }
    }
}
