// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing

extension IntegrationTests {
    /// What a build has of earlier ones.
    @Suite struct BuildCachesTests {
        /// As Autoconf's scripts do it: the site's file says where the cache is.
        private static let configure = """
            cache_file=/dev/null
            ac_configure_args="$*"
            . "$CONFIG_SITE"
            test ! -s "$cache_file" || . "$cache_file"
            echo "remembered: $ac_cv_known" >>made
            echo 'ac_cv_known=${ac_cv_known=yes}' >"$cache_file"

            """

        private func build(_ home: Home, _ steps: String, _ options: [String] = []) throws -> Program.Outcome {
            let source = home.work.appending("project")
            try source.makeDirectories()
            try AtomicFile.write(Array(Self.configure.utf8), to: source.appending("configure"))
            let text = """
                {version: 1, base: {root: 'box'}, architectures: ['amd64'], configureCache: true, user: 'builder',
                 steps: [\(steps)], artifacts: ['made']}
                """
            try AtomicFile.write(Array(text.utf8), to: source.appending("mangrove.json"))
            try home.own(home.work)
            return try home.start(["build"] + options + [source.string]).wait(seconds: 60)
        }

        private func made(_ home: Home) throws -> String {
            String(decoding: try home.work.pushing("project/mangrove-out/amd64/made").readFile(), as: UTF8.self)
        }

        @Test(arguments: Who.allCases)
        func whatConfigureFoundOutIsRememberedForTheSameQuestion(who: Who) throws {
            try Home.with(who) { home in
                let steps = "'sh configure a; sh configure $(cat question)', 'test $(cat question) != fail'"
                func build(question: String, _ options: String...) throws -> Program.Outcome {
                    try home.work.appending("project").makeDirectories()
                    try AtomicFile.write(Array(question.utf8), to: home.work.pushing("project/question"))
                    return try self.build(home, steps, options)
                }
                // Of a build that fails nothing is remembered.
                #expect(try build(question: "fail").status == 1)
                var outcome = try build(question: "b")
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(try made(home) == "remembered: \nremembered: \n")
                outcome = try build(question: "c")
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(try made(home) == "remembered: yes\nremembered: \n")
                // With another environment it is another question.
                outcome = try build(question: "b", "--env", "CFLAGS=-O0")
                #expect(try made(home) == "remembered: \nremembered: \n")
                let listed = try home.start(["cache", "list"]).wait()
                #expect(listed.output.contains("configure amd64-"), "\(listed.output)")
                let pruned = try home.start(["cache", "prune", "--older-than", "0"]).wait()
                #expect(pruned.output.contains("configure amd64-"), "\(pruned.output)")
                outcome = try build(question: "b")
                #expect(try made(home) == "remembered: \nremembered: \n")
            }
        }

        /// The next build's scripts execute it.
        @Test func whatIsNoAnswerIsNotRemembered() throws {
            try Home.with(.root) { home in
                let names = ["a", "b"].map { String(repeating: $0, count: 64) }
                let steps = """
                    'ln -s /etc/shadow /run/mangrove-configure/\(names[0])', 'echo x >/run/mangrove-configure/other; touch made',
                    "cp poison /run/mangrove-configure/\(names[1])"
                    """
                try home.work.appending("project").makeDirectories()
                let poison =
                    "echo POISON\nac_cv_a=${ac_cv_a=$(id)}\nac_cv_b=${ac_cv_b=}; id; : }\nac_cv_c=${ac_cv_c='yes'}\n"
                try AtomicFile.write(Array(poison.utf8), to: home.work.pushing("project/poison"))
                let outcome = try build(home, steps)
                #expect(outcome.status == 0, "\(outcome.errors)")
                let kept = try home.contents().filter { $0.hasPrefix("cache/configure/") }
                #expect(!kept.contains { $0.contains(names[0]) || $0.contains("other") })
                let file = try #require(kept.first { $0.contains(names[1]) }?.split(separator: " ").first)
                let text = try home.directory.pushing(FilePath(String(file))).readFile()
                #expect(String(decoding: text, as: UTF8.self) == "ac_cv_c=${ac_cv_c='yes'}\n")
            }
        }

        @Test func aRootWithoutCcacheIsNamed() throws {
            try Home.with(.root) { home in
                let outcome = try build(home, "'touch made'", ["--ccache"])
                #expect(outcome.status == 65)
                #expect(outcome.errors.contains("root box has no ccache"), "\(outcome.errors)")
                let hosts = try build(home, "'touch made'", ["--hosts", "localhost/2"])
                #expect(hosts.status == 65)
                #expect(hosts.errors.contains("it lacks at least one of distcc, socat"), "\(hosts.errors)")
                let bad = try build(home, "'touch made'", ["--hosts=-oProxyCommand=x"])
                #expect(bad.status == 125)
                #expect(bad.errors.contains("invalid host -oProxyCommand=x: expected HOST"), "\(bad.errors)")
            }
        }
    }
}
