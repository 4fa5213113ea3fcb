// SPDX-License-Identifier: Apache-2.0

package import Architectures

/// The names that an architecture has, to be put in place of words in braces.
package struct NamedMachine: Sendable {
    package let architecture: Architecture

    package init(_ architecture: Architecture) {
        self.architecture = architecture
    }

    /// In what a distribution's programs say of the machine that they were built for (config.guess).
    private var vendor: String {
        switch architecture {
        case .amd64, .i386: "pc"
        case .s390x: "ibm"
        default: "unknown"
        }
    }

    package func expand(_ text: String) -> String {
        let triplet = architecture.triplet
        let parts = triplet.split(separator: "-", maxSplits: 1)
        // Packages' names have no underscores.
        return text.replacing("{triplet}", with: triplet.replacing("_", with: "-"))
            .replacing("{vendor}", with: vendor)
            .replacing("{machine}", with: parts[0]).replacing("{system}", with: parts[1])
    }
}
