// SPDX-License-Identifier: Apache-2.0

import Failures
import Testing

@testable import Building

@Suite struct BuildHostTests {
    @Test(arguments: [
        ("server", "server", 4), ("alice@server/8", "alice@server", 8),
        ("ssh://alice@server:2222/16", "ssh://alice@server:2222", 16), ("ssh://server", "ssh://server", 4),
    ])
    func aHostIsADestinationOfSSHAndANumberOfJobs(text: String, destination: String, jobs: Int) throws {
        let host = try BuildHost(parsing: text)
        #expect(host.destination == destination)
        #expect(host.jobs == jobs)
    }

    @Test(arguments: ["", "-oProxyCommand=x", "a b", "server/", "server/0", "server/many", "server/1/2", "a,b/2000"])
    func whatIsNoneIsRefused(text: String) {
        let error = #expect(throws: RecipeError.self) { try BuildHost(parsing: text) }
        #expect(error?.status == .usage)
    }

    @Test func aListNamesEachOnce() throws {
        #expect(try BuildHost.list("a/1,b/2").map(\.description) == ["a/1", "b/2"])
        let error = #expect(throws: RecipeError.self) { try BuildHost.list("a/1,a/2") }
        #expect(error?.cause == "a is listed twice")
        #expect(throws: RecipeError.self) { try BuildHost.list("a,,b") }
    }
}
