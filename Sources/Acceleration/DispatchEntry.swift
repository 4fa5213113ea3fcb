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
        /// `start` before it, if anything: an argument (`ScriptStart`).
        case givenScript(options: [String], start: String?)
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
        /// One of its arguments matches one of these patterns (glob(7)).
        package var patterns: [String] = []
        /// Or one of these, and none of them is one of `apart`; with `readsResponses`.
        package var together: [String] = []
        package var apart: [String] = []
        /// But not where one of these stands behind that argument: then the program is given another one in its place.
        package var substitutes: [String: String] = [:]
        /// Its arguments may be in a file ("@FILE"), which is looked into for `patterns`.
        package var readsResponses = false
        /// One of these variables is set and not empty; of "NAME=VALUE|VALUE|", to none of these values.
        package var variables: [String] = []
        /// One of these files, paths in the root, has changed; nil: it exists.
        package var changes: [FilePath: FileState?] = [:]
        /// LD_LIBRARY_PATH names a directory with one of these shared libraries.
        package var libraries: [String] = []
        package var script: ScriptSearch?

        package init() {}
    }

    /// What a program's arguments and its script are searched for.
    package struct ScriptSearch: Codable, Hashable, Sendable {
        /// Where one of these is found the program is emulated. A space is one blank or more, "<" stands for the
        /// beginning of a word, "$" for a word, or what is before in one.
        package var texts: [String]
        /// Letters of printf's conversions that are looked for, too.
        package var conversions: String?
        /// But in a shell's command behind the word printf only.
        package var byPrintf: Bool?
        /// The script is what follows an option, and not the first operand.
        package var byOption: Bool?
        /// Options with an argument; "=" before those whose argument is a script.
        package var options: [String]

        package init(texts: [String] = [], options: [String] = []) {
            (self.texts, self.options) = (texts, options)
        }
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
