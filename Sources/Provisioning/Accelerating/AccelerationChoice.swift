// SPDX-License-Identifier: Apache-2.0

package import Acceleration

/// What a user wants of acceleration.
package struct AccelerationChoice: Hashable, Sendable {
    package enum Extent: String, Codable, CaseIterable, Hashable, Sendable {
        /// As much as is known to work.
        case auto
        case full, compilers, off
    }

    package var extent: Extent
    /// Where it cannot be had, that is an error.
    package var isRequired: Bool

    package init(_ extent: Extent = .auto, isRequired: Bool = false) {
        (self.extent, self.isRequired) = (extent, isRequired)
    }

    /// nil: nothing is to be accelerated.
    package var mode: AccelerationMode? {
        switch extent {
        case .auto, .full: .full
        case .compilers: .compilers
        case .off: nil
        }
    }

    /// This, or where it leaves the choice open, what the root was made with.
    package func resolved(for root: RootRecord) -> AccelerationChoice {
        guard extent == .auto, !isRequired, let kept = root.acceleration.flatMap(Extent.init) else { return self }
        return AccelerationChoice(kept)
    }
}
