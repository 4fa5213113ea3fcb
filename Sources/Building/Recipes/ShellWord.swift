// SPDX-License-Identifier: Apache-2.0

/// A word of a shell's script.
enum ShellWord {
    static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }
}
