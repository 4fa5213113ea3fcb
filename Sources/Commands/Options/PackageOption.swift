// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Packages to install in a root.
struct PackageOption: ParsableArguments {
    @Option(
        name: .customLong("package"),
        help: ArgumentHelp("Install these packages: NAME[,NAME…]. Repeatable.", valueName: "packages"),
        completion: Completions.packages)
    var lists: [String] = []

    /// One package each: an argument may name several, separated by commas.
    var names: [String] {
        lists.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
            .map { String($0.drop(while: \.isWhitespace)) }
    }

    func validate() throws {
        guard !names.contains(where: { $0.isEmpty || $0.hasPrefix("-") }) else {
            throw ValidationError("--package: expected a package name")
        }
    }
}
