// SPDX-License-Identifier: Apache-2.0

/// The parts of a Dockerfile that a recipe can express: base image, packages, and variables (Dockerfile reference).
struct Dockerfile: Equatable {
    /// The last stage's image, as docker names it; nil if there is none, or it is unknown.
    private(set) var image: String?
    private(set) var packages: [String] = []
    private(set) var environment: [String: String] = [:]
    /// Instructions of the last stage that are not followed, by their beginnings.
    private(set) var others: [String] = []

    /// Instructions that do not affect a build.
    private static let ignored: Set<String> = [
        "CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "STOPSIGNAL", "VOLUME", "WORKDIR",
    ]

    init(parsing text: String) {
        var arguments: [String: String] = [:]
        var stages: [String: String] = [:]
        for line in Self.lines(text) {
            let parts = line.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
            guard let instruction = parts.first?.uppercased() else { continue }
            let rest = parts.count == 2 ? parts[1] : ""
            switch instruction {
            case "ARG":
                let words = rest.split(separator: "=", maxSplits: 1).map(String.init)
                if words.count == 2 { arguments[words[0]] = Self.unquoted(words[1]) }
            case "FROM":
                (packages, environment, others) = ([], [:], [])
                let words = rest.split(whereSeparator: \.isWhitespace).map(String.init).filter { !$0.hasPrefix("--") }
                let name = words.first.flatMap { Self.expanded($0, arguments) }
                image = name.flatMap { stages[$0.lowercased()] ?? ($0 == "scratch" ? nil : $0) }
                if words.count == 3, words[1].lowercased() == "as" { stages[words[2].lowercased()] = image }
                if image == nil { note(line) }
            case "ENV": set(rest, line, arguments)
            case "RUN": run(rest, line)
            default: if !Self.ignored.contains(instruction) { note(line) }
            }
        }
    }

    private mutating func note(_ line: String) {
        others.append(line.count > 60 ? line.prefix(60) + "…" : line)
    }

    /// Without comments, and joined where a backslash ends them.
    private static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var open = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.drop(while: \.isWhitespace)
            if words.hasPrefix("#") { continue }
            var end = Substring(words)
            while end.last?.isWhitespace == true { end.removeLast() }
            if end.hasSuffix("\\") {
                open += end.dropLast() + " "
            } else {
                lines.append(open + end)
                open = ""
            }
        }
        return (lines + [open]).filter { !$0.allSatisfy(\.isWhitespace) }
    }

    private static func unquoted(_ text: String) -> String {
        guard let quote = text.first, quote == "\"" || quote == "'", text.count > 1, text.last == quote else {
            return text
        }
        return String(text.dropFirst().dropLast())
    }

    /// With variables substituted; nil if one is unknown.
    private static func expanded(_ text: String, _ values: [String: String]) -> String? {
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            let isBraced = rest.first == "{"
            if isBraced { rest.removeFirst() }
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            rest = rest.dropFirst(name.count)
            var value = values[String(name)]
            if isBraced {
                if rest.hasPrefix(":-") {
                    let other = rest.dropFirst(2).prefix { $0 != "}" }
                    value = value ?? String(other)
                    rest = rest.dropFirst(2 + other.count)
                }
                guard rest.first == "}" else { return nil }
                rest.removeFirst()
            }
            guard let value, !name.isEmpty else { return nil }
            result += value
        }
        return result + rest
    }

    /// `KEY=VALUE …`, or `KEY VALUE`.
    private mutating func set(_ rest: String, _ line: String, _ arguments: [String: String]) {
        let first = rest.prefix { !$0.isWhitespace }
        let pairs: [(String, String)]
        if first.contains("=") {
            guard let words = ShellWord.split(rest) else { return note(line) }
            pairs = words.compactMap { word in
                word.firstIndex(of: "=").map { (String(word[..<$0]), String(word[word.index(after: $0)...])) }
            }
        } else {
            pairs = [(String(first), rest.dropFirst(first.count).drop(while: \.isWhitespace).description)]
        }
        for (key, value) in pairs {
            guard let value = Self.expanded(value, arguments.merging(environment) { $1 }) else { return note(line) }
            environment[key] = value
        }
    }

    /// Extracts installed packages; related commands are ignored.
    private mutating func run(_ rest: String, _ line: String) {
        var isUnderstood = true
        for command in rest.replacing("&&", with: ";").split(separator: ";") {
            guard var words = ShellWord.split(String(command)), !words.isEmpty else {
                isUnderstood = false
                continue
            }
            while let first = words.first, first.contains("="), !first.hasPrefix("-") { words.removeFirst() }
            let names = words.filter { !$0.hasPrefix("-") }
            switch (names.first, names.dropFirst().first) {
            case ("apt-get"?, "install"?), ("apt"?, "install"?), ("apk"?, "add"?):
                let found = names.dropFirst(2)
                if found.contains(where: { $0.contains("$") || $0.contains("/") }) { isUnderstood = false }
                packages += found.filter { !$0.contains("$") && !$0.contains("/") && !packages.contains($0) }
            case ("apt-get"?, _), ("apt"?, _), ("apk"?, "update"?), ("set"?, _): break
            case ("rm"?, _)
            where names.dropFirst().allSatisfy({ $0.hasPrefix("/var/lib/apt") || $0.hasPrefix("/var/cache") }): break
            default: isUnderstood = false
            }
        }
        if !isUnderstood { note(line) }
    }
}
