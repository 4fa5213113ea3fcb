// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import FoundationEssentials
import SystemPackage
import Testing

@testable import Terminal

/// What a base, an archive or a server may have put into names and messages.
@Suite struct StyledTextTests {
    /// A screen erased, a title set, a line overwritten, CSI in one character, text turned round, and the like.
    private static let hostile = [
        "\u{1B}[2J", "\u{1B}]0;title\u{7}", "a\rb", "\u{9B}31m", "\u{90}x\u{9C}", "\u{202E}txt", "\u{2066}", "\u{7F}",
        "\u{8}", "\u{2028}", "\u{E0001}",
    ]

    /// What an output stream writes of it, to a file.
    private func written(_ body: (OutputStream) throws -> Void) throws -> String {
        try withScratchDirectory { scratch in
            let path = scratch.appending("out")
            let file = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite)
            defer { try? file.close() }
            try body(OutputStream(file))
            return String(decoding: try path.readFile(), as: UTF8.self)
        }
    }

    private func isTame(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            $0 == "\n"
                || ![.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
        }
    }

    @Test func coloursAreTheProgramsOwn() {
        let text = StyledText("bad\u{1B}[0m:", .bad) + " it\n"
        #expect(text.rendered(colour: true) == "\u{1B}[1;31mbad\\u{1b}[0m:\u{1B}[0m it\n")
        #expect(text.rendered(colour: false) == "bad\\u{1b}[0m: it\n")
    }

    @Test(arguments: hostile) func nothingIsObeyedWhateverThePlaceItIsPrintedFrom(text: String) throws {
        let texts = [
            try written { try $0.write("name \(text)\n") },
            try written { try $0.write(StyledText(text, .good)) },
            try written { output in
                var table = Table([Table.Column("name")])
                table.add([text])
                try output.write(table.text)
            },
            try written { Progress(.lines, to: $0).warn(text) },
            try written { Progress(.lines, to: $0).begin(text) },
            try written { Progress(.json, to: $0).say(text) },
        ]
        for text in texts { #expect(isTame(text) && !text.isEmpty, "\(text)") }
        let drawn = try written { try $0.redraw("\(text)") }
        #expect(drawn.hasPrefix("\r") && drawn.hasSuffix("\u{1B}[K") && isTame(String(drawn.dropFirst().dropLast(3))))
    }

    @Test(arguments: hostile) func jsonMeansTheSameAsBefore(text: String) throws {
        let json = String(decoding: try JSONEncoder().encode(["name": text]), as: UTF8.self)
        let shown = try written { try $0.write(json: json + "\n") }
        #expect(isTame(shown))
        #expect(try JSONDecoder().decode([String: String].self, from: Data(shown.utf8)) == ["name": text])
    }

    @Test func whatIsHarmlessStaysAsItIs() throws {
        let text = "äöü 漢字 🦀 C:\\u{1b} \"x\"\n\n  y\n"
        #expect(try written { try $0.write("\(text)") } == text)
    }
}
