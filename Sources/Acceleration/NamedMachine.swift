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

    /// The value of GOARCH (go(1), "go help environment").
    private var goArchitecture: String {
        switch architecture {
        case .armel, .armhf: "arm"
        case .i386: "386"
        case .ppc64el: "ppc64le"
        default: architecture.rawValue
        }
    }

    package func expand(_ text: String) -> String {
        let triplet = architecture.triplet
        let parts = triplet.split(separator: "-", maxSplits: 1)
        // Packages' names have no underscores.
        return text.replacing("{triplet}", with: triplet.replacing("_", with: "-"))
            .replacing("{vendor}", with: vendor)
            .replacing("{architecture}", with: architecture.rawValue)
            .replacing("{goarch}", with: goArchitecture)
            .replacing("{machine}", with: parts[0]).replacing("{system}", with: parts[1])
    }
}
