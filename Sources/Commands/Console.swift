// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
internal import Terminal

/// Standard output: what was asked for, and nothing else.
enum Console {
    static func print(_ text: StyledText) throws(FilesystemError) {
        try OutputStream.standardOutput.write(text)
    }

    /// `value` as JSON, with a newline at the end.
    static func json(_ value: some Encodable, pretty: Bool = true) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        // What is reported is made of strings, numbers, lists and objects: it always encodes.
        let data = (try? encoder.encode(value)) ?? Data()
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
