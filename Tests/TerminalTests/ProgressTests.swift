// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import FoundationEssentials
import SystemPackage
import Terminal
import Testing

@Suite struct ProgressTests {
    /// What `body` makes a progress report in `form` write to a file.
    private func written(_ form: Progress.Form?, _ body: (Progress) -> Void) throws -> [Substring] {
        try withScratchDirectory { scratch in
            let path = scratch.appending("stderr")
            let file = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite)
            defer { try? file.close() }
            body(Progress(form, to: OutputStream(file)))
            return String(decoding: try path.readFile(), as: UTF8.self).split(separator: "\n")
        }
    }

    private func work(_ progress: Progress) {
        progress.begin("downloading", total: 100)
        for done in 1...100 { progress.advance(to: Int64(done)) }
        progress.warn("not signed")
        progress.begin("unpacking")
        progress.end()
    }

    @Test(arguments: [nil, .drawn] as [Progress.Form?])
    func nothingIsDrawnWhereThereIsNoTerminal(form: Progress.Form?) throws {
        #expect(try written(form, work) == ["downloading", "warning: not signed", "unpacking"])
    }

    @Test func jsonIsOneObjectALine() throws {
        struct Event: Decodable, Equatable {
            let event: String
            let activity: String?
            let text: String?
            let completed: Int64?
        }
        let events = try written(.json, work).map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
        #expect(
            events == [
                Event(event: "begin", activity: "downloading", text: nil, completed: nil),
                Event(event: "warning", activity: nil, text: "not signed", completed: nil),
                Event(event: "end", activity: "downloading", text: nil, completed: 100),
                Event(event: "begin", activity: "unpacking", text: nil, completed: nil),
                Event(event: "end", activity: "unpacking", text: nil, completed: 0),
            ])
    }
}
