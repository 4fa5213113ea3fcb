// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Filesystem
import SystemPackage
import Testing

@testable import Commands

/// Every command line in the documentation is one that the program accepts.
@Suite struct DocumentedCommandsTests {
    private static let repository = FilePath(#filePath)
        .removingLastComponent().removingLastComponent().removingLastComponent().removingLastComponent()

    @Test func theProgramAcceptsThem() throws {
        var count = 0
        for page in try Self.pages() {
            for line in Self.commands(in: try Self.read(page)) {
                guard let words = Self.words(line.text) else { continue }
                count += 1
                do {
                    _ = try Mangrove.parseAsRoot(Array(words.dropFirst()))
                } catch {
                    // In a sentence a command may be named without all that it needs.
                    let isIncomplete = ["noValue(", "missingValue", "userValidationError(expected"]
                        .contains { "\(error)".contains($0) }
                    #expect(isIncomplete && line.isInSentence, "\(page): \(line.text): \(error)")
                }
            }
        }
        #expect(count > 150)
    }

    private static func pages() throws -> [String] {
        let docs = try Directory.open(repository.appending("docs")).names().map(\.string)
        return ["README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"]
            + docs.filter { $0.hasSuffix(".md") && !$0.hasPrefix("commands") }.sorted().map { "docs/\($0)" }
    }

    private static func read(_ name: String) throws -> String {
        String(decoding: try repository.pushing(FilePath(name)).readFile(limit: 1 << 20), as: UTF8.self)
    }

    /// In blocks of code, and between backticks.
    private static func commands(in text: String) -> [(text: String, isInSentence: Bool)] {
        var found: [(text: String, isInSentence: Bool)] = []
        var isFenced = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("```") {
                isFenced.toggle()
            } else if line.hasPrefix("    ") || isFenced {
                let command = line.drop { $0 == " " || $0 == "$" }
                if command.hasPrefix("mangrove ") { found.append((String(command), false)) }
            } else {
                let parts = line.split(separator: "`", omittingEmptySubsequences: false)
                for (index, part) in parts.enumerated() where index % 2 == 1 && part.hasPrefix("mangrove ") {
                    found.append((String(part), true))
                }
            }
        }
        return found
    }

    /// Words that stand for others, where these have to be of a certain form.
    private static let placeholders = ["DAYS": "1", "FILE": "root.tar", "IMAGE": "oci-layout:root"]

    /// As a shell splits them, without comments, redirections and what follows a pipe; nil for an abbreviated one, and
    /// for completion scripts.
    private static func words(_ line: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == " " {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let last = word { words.append(last) }
        let ends: Set<String> = ["|", "&&", "||", ">", "<", "2>", "&", ">>", ";"]
        words = Array(words.prefix { !ends.contains($0) && !$0.hasPrefix("#") && !$0.hasPrefix(">") })
            .map { placeholders[$0] ?? $0 }
        return quote != nil || words.contains("--generate-completion-script")
            || words.contains("--version")
            || words.contains { $0.contains("…") || $0.contains("...") || $0.contains("[") } ? nil : words
    }
}
