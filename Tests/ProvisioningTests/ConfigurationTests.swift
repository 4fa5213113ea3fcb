// SPDX-License-Identifier: Apache-2.0

import Failures
import Provisioning
import SystemPackage
import Testing

@Suite struct ConfigurationTests {
    @Test func commentsAndTrailingCommasAreAllowed() throws {
        let text = """
            {
                // Of our own.
                mirrors: { ubuntu: 'http://mirror.example/ubuntu-base', },
                network: { stallTimeout: 5.5, attempts: 2 },
            }
            """
        let configuration = try Configuration(parsing: Array(text.utf8), at: "config.json")
        #expect(configuration.mirrors == ["ubuntu": "http://mirror.example/ubuntu-base"])
        #expect(configuration.network.stallTimeout == 5.5)
        #expect(configuration.network.attempts == 2)
        #expect(configuration.cpu == nil)
    }

    @Test func aFileThatIsNotThereIsNoError() throws {
        #expect(try Configuration(at: "/nonexistent/config.json") == Configuration())
    }

    @Test(arguments: [
        ("{ netwrok: {} }", "line 1: netwrok", "did you mean \"network\"?"),
        ("{ network: { stallTimeout: 'soon' } }", "network.stallTimeout", "expected a number, found a string"),
        ("{ network: { attempts: 0 } }", "network.attempts", "expected a number greater than 0"),
        ("{ network: { colour: 1 } }", "network.colour", "unknown key"),
        ("{\n  cpu: 'max',\n  acceleration 'x'\n}", "line 3, column", "expected a colon"),
        ("[]", "config.json", "expected an object"),
    ])
    func whatIsWrongIsNamed(text: String, position: String, reason: String) {
        let error = #expect(throws: ProvisioningError.self) {
            try Configuration(parsing: Array(text.utf8), at: "/home/u/config.json")
        }
        #expect(error?.status == .badConfiguration)
        #expect(error?.problem.contains(position) == true, "\(error?.problem ?? "")")
        #expect(error?.cause?.contains(reason) == true, "\(error?.cause ?? "")")
    }

    @Test func aKeyIsToldByItsLine() {
        let text = "{\n  // c\n  network: {\n    attempts: 2,\n    proxy: 7,\n  },\n}"
        let error = #expect(throws: ProvisioningError.self) {
            try Configuration(parsing: Array(text.utf8), at: "config.json")
        }
        #expect(error?.problem == "invalid configuration in config.json, line 5: network.proxy")
    }

    @Test func whatIsNotUTF8IsAnErrorAndNotTheEnd() {
        let error = #expect(throws: ProvisioningError.self) {
            try Configuration(parsing: Array("{ ".utf8) + [0xE2], at: "config.json")
        }
        #expect(error?.status == .badConfiguration)
        #expect(error?.problem.contains("line 1, column 3") == true)
    }
}
