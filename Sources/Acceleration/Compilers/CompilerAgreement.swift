// SPDX-License-Identifier: Apache-2.0

/// What it gave to have a root's own compilers and those of a tools tree compile the same (`CompilerCheck`).
package struct CompilerAgreement: Codable, Hashable, Sendable {
    /// Why the root's own are used; nil where the others give the same.
    package var disagreement: String?
    /// Beginnings of options with which they do not, and why: with those, the root's own compile.
    package var exceptions: [String: String] = [:]

    /// Whether the drivers also answer the same when they are asked about themselves.
    package var answersAlike = false

    /// Whether they give the same code with all options that were compared.
    package var isComplete: Bool { disagreement == nil && exceptions.isEmpty }

    /// Whether they also answer the same: nothing is left to the root's own.
    package var isSame: Bool { isComplete && answersAlike }

    /// Why none of the tools tree's are used with a root whose own compiler fails.
    package static let ownFails = "the root's own compiler does not work"

    /// What the root's own does: with which options, or why everything.
    package var differences: [String] {
        disagreement.map { [$0] } ?? exceptions.keys.sorted() + (answersAlike ? [] : ["questions (-v)"])
    }

    /// As if they gave the same in everything: for the comparison itself.
    package static let assumed: CompilerAgreement = {
        var assumed = CompilerAgreement()
        assumed.answersAlike = true
        return assumed
    }()

    package init() {}
}
