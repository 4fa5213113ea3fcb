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
        ("{ netwrok: {} }", "netwrok", "did you mean \"network\"?"),
        ("{ network: { stallTimeout: 'soon' } }", "network.stallTimeout", "a number is wanted"),
        ("{ network: { attempts: 0 } }", "network.attempts", "a number above 0 is wanted"),
        ("{ network: { colour: 1 } }", "network.colour", "there is no such key"),
        ("{\n  cpu: 'max',\n  cpu 'x'\n}", "line 3, column", "a colon is missing"),
        ("[]", "config.json", "wanted"),
    ])
    func whatIsWrongIsNamed(text: String, position: String, reason: String) {
        let error = #expect(throws: ProvisioningError.self) {
            try Configuration(parsing: Array(text.utf8), at: "/home/u/config.json")
        }
        #expect(error?.status == .badConfiguration)
        #expect(error?.problem.contains(position) == true, "\(error?.problem ?? "")")
        #expect(error?.cause?.contains(reason) == true, "\(error?.cause ?? "")")
    }

    @Test func whatIsNotUTF8IsAnErrorAndNotTheEnd() {
        let error = #expect(throws: ProvisioningError.self) {
            try Configuration(parsing: Array("{ ".utf8) + [0xE2], at: "config.json")
        }
        #expect(error?.status == .badConfiguration)
        #expect(error?.problem.contains("line 1, column 3") == true)
    }
}
