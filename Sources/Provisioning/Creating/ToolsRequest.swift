// SPDX-License-Identifier: Apache-2.0

package import Acceleration
package import Catalogue
package import SystemPackage

/// What a tools tree is made for, and from.
package struct ToolsRequest: Sendable {
    package let subject: ToolsTrees.Subject
    /// The same release for this host's architecture.
    package let selection: BaseSelection
    package var mirror: String?
    package var keyring: FilePath?
    /// What roots of it allow their source.
    package var allowances = SourceAllowances()
    /// What is to be newer than in the tools tree that there is; empty: there is none.
    package var outdated: [OutdatedTool] = []
    /// What the user adds comes into it, too.
    package var changes = EligibilityChanges()

    package init(_ subject: ToolsTrees.Subject, _ selection: BaseSelection) {
        (self.subject, self.selection) = (subject, selection)
    }

    /// Packages that are wanted and that `installed` has not.
    func missing(in installed: InstalledPackages) -> Set<String> {
        Set(outdated.map(\.name).filter { installed[$0] == nil })
    }
}
