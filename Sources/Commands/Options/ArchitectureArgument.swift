// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser

extension Architecture: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }

    package static var allValueStrings: [String] { allCases.map(\.rawValue) }
}
