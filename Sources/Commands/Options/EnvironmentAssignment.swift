// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `--env KEY=VALUE`.
enum EnvironmentAssignment {
    /// The last of several for one variable counts.
    static func parse(_ words: [String]) throws -> [String: String] {
        var values: [String: String] = [:]
        for word in words {
            guard let separator = word.firstIndex(of: "="), separator != word.startIndex else {
                throw ValidationError("--env \(word): expected KEY=VALUE")
            }
            values[String(word[..<separator])] = String(word[word.index(after: separator)...])
        }
        return values
    }
}
