// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// A file of the root, and what to do instead of emulating it.
package struct DispatchEntry: Hashable, Sendable {
    /// The condition for running natively.
    package enum Condition: Hashable, Sendable {
        case always
        /// For a multi-call program: if it is called by one of `names`, or by `own` with one of them as its first
        /// argument.
        case called(own: String, names: [String])
        /// If it is given an eligible script: its first argument that is none of `options`. The native program gets
        /// `start` before it (`ScriptStart`), and `examined`, if not empty, before any other script, `-c` or `-m`.
        case givenScript(options: [String], start: [String], examined: [String])
    }

    package enum Kind: Hashable, Sendable {
        /// Runs the program at `path` in the root instead, as long as it is the file `native`; `environment` (at most
        /// three NAME=VALUE) supplies unset variables.
        case program(path: FilePath, native: FileState, when: Condition, environment: [String])
        /// A script that is eligible when this very interpreter, a file of the root, is given it.
        case script(interpreter: FileState)
    }

    /// Exceptions, in which the program is emulated.
    package struct Exceptions: Hashable, Sendable {
        /// One of its arguments matches one of these patterns (glob(7)).
        package var patterns: [String] = []
        /// Or one of these, and none of them is one of `apart`; with `readsResponses`.
        package var together: [String] = []
        package var apart: [String] = []
        /// Unless one of these follows that argument: then the program is given a substitute.
        package var substitutes: [String: String] = [:]
        /// Its arguments may be in a file ("@FILE"), which is searched for `patterns`.
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

    /// What to search for in a program's arguments and script.
    package struct ScriptSearch: Codable, Hashable, Sendable {
        /// Texts with which the program is emulated. A space stands for one or more blanks, "<" for the beginning of a
        /// word, "$" for a word, or the rest of one.
        package var texts: [String]
        /// Letters of printf's conversions that are looked for, too.
        package var conversions: String?
        /// But only after the word printf in a shell command.
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
    /// None for scripts.
    package var exceptions = Exceptions()

    package init(_ file: FileState, _ kind: Kind, except exceptions: Exceptions = Exceptions()) {
        self.file = file
        self.kind = kind
        self.exceptions = exceptions
    }
}
