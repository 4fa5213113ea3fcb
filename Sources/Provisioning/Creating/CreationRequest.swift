// SPDX-License-Identifier: Apache-2.0

package import Acceleration
package import Catalogue
package import SystemPackage

/// What a user asks of `create`, the base apart.
package struct CreationRequest: Sendable {
    package var name: RootName
    /// The tree goes there; nil: into the store.
    package var directory: FilePath?
    package var replaces = false
    package var packages: [String] = []
    package var requiresSignature = false
    /// Keys of the user's choice.
    package var keyring: FilePath?
    /// Of the source; for the record.
    package var allowances = SourceAllowances()
    /// apt in the root gets user and password of the mirror, too.
    package var keepsCredentials = false
    /// Of what is executed in it while it is made, and of its runs where nobody says otherwise.
    package var acceleration = AccelerationChoice()
    package var accelerationChanges = EligibilityChanges()
    /// For the tools tree, where there is none, or a newer one turns out to be needed.
    package var tools: ToolsRequest?
    /// Why there is none.
    var reasonForNoTools: String?
    /// As the user named it; for refreshes.
    package var mirror: String?
    /// For what a tree that says less of itself is a release of.
    package var catalogue: Catalogue?
    /// Whose place it takes, while runs go on there.
    var refresh: PendingRefresh?

    package init(name: RootName) {
        self.name = name
    }
}
