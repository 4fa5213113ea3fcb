// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Glibc
import SystemPackage
import Testing

@testable import Catalogue

/// Executes the steps of `action.yml` as GitHub's runner does: shells with the environment that the step declares, outputs
/// through GITHUB_OUTPUT, and a cache that is a directory. Installing mangrove is left out: it is there.
struct ActionRunner {
    struct Outcome {
        /// Of the step that failed.
        var status: Int32 = 0
        var output = ""
        /// Of the runner: what a step refers to that is not there.
        var errors = ""
        /// "plan.key".
        var outputs: [String: String] = [:]
        /// The key under which the cache was written.
        var saved: String?
    }

    var inputs: [String: String] = [:]
    private let home: Home
    private let mirror: BaseMirror
    private let repository: FilePath
    private let steps: [YAMLValue]
    private var temporary: FilePath { home.scratch.appending("temp") }
    private var cache: FilePath { home.scratch.appending("cache") }

    /// Its inputs are the action's defaults, and the mirror's distro for this machine's architecture.
    init(_ home: Home, _ mirror: BaseMirror, _ repository: FilePath) throws {
        (self.home, self.mirror, self.repository) = (home, mirror, repository)
        let action = try YAMLValue.parse(try repository.appending("action.yml").readFile(), from: "action.yml")
        steps = try #require(action["runs"]?["steps"]?.items)
        for (name, input) in try #require(action["inputs"]?.members) { inputs[name] = input["default"]?.text }
        inputs.merge(["arch": "amd64", "base": "toy", "packages": ""]) { $1 }
        try cache.makeDirectories()
        try temporary.makeDirectories()
    }

    /// What every job has.
    static func environment(_ home: Home, _ mirror: BaseMirror) throws -> [String: String] {
        [
            "PATH": "\(Installation.program.removingLastComponent()):/usr/bin:/bin", "HOME": home.scratch.string,
            "MANGROVE_DISTROS": try mirror.catalogue().string,
            "MANGROVE_SYSTEM_CONFIG": home.scratch.appending("etc").string,
        ]
    }

    /// Another machine: with the cache, and nothing else.
    func startAnew() throws {
        try Directory.open(home.scratch).removeTree("temp")
        try temporary.makeDirectories()
    }

    func run(branch: String) throws -> Outcome {
        var outcome = Outcome()
        for step in steps where outcome.status == 0 && outcome.errors.isEmpty {
            if let condition = step["if"]?.text {
                let sides = condition.split(separator: " == ").map(String.init)
                try #require(sides.count == 2)
                guard value(of: sides[0], &outcome) == sides[1].trimmingPrefix("'").dropLast() else { continue }
            }
            if let action = step["uses"]?.text {
                try perform(action, step, &outcome)
            } else if step["run"]?.text?.contains("/install") == false {
                try execute(step, branch, &outcome)
            }
        }
        return outcome
    }

    private func execute(_ step: YAMLValue, _ branch: String, _ outcome: inout Outcome) throws {
        #expect(step["shell"]?.text == "bash")
        let results = home.scratch.appending("github-output")
        try AtomicFile.write([], to: results)
        var environment = try Self.environment(home, mirror)
        environment.merge([
            "GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": repository.string, "GITHUB_OUTPUT": results.string,
            "GITHUB_EVENT_NAME": "push", "GITHUB_REF_NAME": branch, "RUNNER_TEMP": temporary.string,
        ]) { $1 }
        for (name, text) in step["env"]?.members ?? [:] {
            environment[name] = substituted(text.text ?? "", &outcome)
        }
        let script = home.scratch.appending("step.sh")
        try AtomicFile.write(Array((step["run"]?.text ?? "").utf8), to: script)
        let ended = try Program(
            ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", script.string], environment: environment,
            directory: home.work
        ).wait(seconds: 60)
        outcome.status = ended.status
        outcome.output += ended.output + ended.errors
        for line in String(decoding: try results.readFile(), as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            outcome.outputs["\(step["id"]?.text ?? "").\(parts[0])"] = String(parts[1])
        }
    }

    /// actions/cache: a key is written once; a prefix finds what was written last.
    private func perform(_ action: String, _ step: YAMLValue, _ outcome: inout Outcome) throws {
        func input(_ name: String) -> String { substituted(step["with"]?[name]?.text ?? "", &outcome) }
        let (path, key) = (FilePath(input("path")), input("key"))
        if action.hasPrefix("actions/cache/save@") {
            let kept = cache.appending(key)
            if (try? kept.readFile(limit: 1 << 30)) == nil {
                try AtomicFile.write(try path.readFile(limit: 1 << 30), to: kept)
            }
            outcome.saved = key
        } else if action.hasPrefix("actions/cache/restore@") {
            let names = try Directory.open(cache).names().map(\.string)
            let prefix = input("restore-keys")
            let matches = names.filter { $0 == key } + names.filter { $0.hasPrefix(prefix) }
            guard let found = matches.first else { return }
            try AtomicFile.write(try cache.appending(found).readFile(limit: 1 << 30), to: path)
            outcome.outputs["\(step["id"]?.text ?? "").cache-matched-key"] = found
        } else {
            outcome.errors += "there is no action \(action)\n"
        }
    }

    /// The text with its expressions, `${{ inputs.arch }}`, evaluated.
    private func substituted(_ text: String, _ outcome: inout Outcome) -> String {
        var result = ""
        var rest = text[...]
        while let begin = rest.firstRange(of: "${{ "), let end = rest.firstRange(of: " }}") {
            result += rest[..<begin.lowerBound] + value(of: String(rest[begin.upperBound..<end.lowerBound]), &outcome)
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    private func value(of expression: String, _ outcome: inout Outcome) -> String {
        let names = expression.split(separator: ".").map(String.init)
        switch names.first {
        case "inputs" where names.count == 2 && inputs[names[1]] != nil: return inputs[names[1]] ?? ""
        // An output that was not set is empty.
        case "steps" where names.count == 4 && steps.contains { $0["id"]?.text == names[1] }:
            return outcome.outputs["\(names[1]).\(names[3])"] ?? ""
        case "github" where expression == "github.event.repository.default_branch": return "main"
        default:
            outcome.errors += "nothing is known of \(expression)\n"
            return ""
        }
    }
}
