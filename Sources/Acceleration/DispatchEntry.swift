// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// A file of the root, and what is done instead of emulating it.
package struct DispatchEntry: Hashable, Sendable {
    /// When the program stands in.
    package enum Condition: Hashable, Sendable {
        case always
        /// For a program that is many: when it is called by one of `names`, or by `own` with one of them as its first
        /// argument.
        case called(own: String, names: [String])
        /// When it is given an eligible script: its first argument that is none of `options`. What stands in is given
        /// `start` before it, if anything: another script, which goes on with that one.
        case givenScript(options: [String], start: FilePath?)
    }

    package enum Kind: Hashable, Sendable {
        /// The program at `path` in the root stands in for it, as long as it is the file `native`; `environment`
        /// (three NAME=VALUE at most) is set for it where it is not set.
        case program(path: FilePath, native: FileState, when: Condition, environment: [String])
        /// A script that is eligible when this very interpreter, a file of the root, is given it.
        case script(interpreter: FileState)
    }

    /// When a program is emulated all the same.
    package struct Exceptions: Hashable, Sendable {
        /// One of its arguments is this.
        package var arguments: [String] = []
        /// One of its arguments begins with this.
        package var prefixes: [String] = []
        /// But not where one of these stands behind that argument: then the program is given another one in its place.
        package var substitutes: [String: String] = [:]
        /// One of these variables is set and not empty.
        package var variables: [String] = []
        /// One of these files, paths in the root, has changed.
        package var changes: [FilePath: FileState] = [:]

        package init() {}
    }

    package let file: FileState
    package let kind: Kind
    /// Nothing for scripts.
    package var exceptions = Exceptions()

    package init(_ file: FileState, _ kind: Kind, except exceptions: Exceptions = Exceptions()) {
        self.file = file
        self.kind = kind
        self.exceptions = exceptions
    }
}
