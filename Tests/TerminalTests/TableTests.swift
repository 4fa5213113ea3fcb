// SPDX-License-Identifier: Apache-2.0

import Terminal
import Testing

@Suite struct TableTests {
    @Test func columnsAreAlignedAndLinesHaveNoSpacesAtTheEnd() {
        var table = Table([Table.Column("name"), Table.Column("size", numeric: true), Table.Column("note")])
        table.add(["xen", "12 MB", "äöü"])
        table.add(["a-longer-name", "3 MB", ""])
        #expect(
            table.text.rendered(colour: false) == """
                NAME            SIZE  NOTE
                xen            12 MB  äöü
                a-longer-name   3 MB

                """)
    }

    @Test func nothingIsPrintedWithoutRows() {
        #expect(Table([Table.Column("name")]).text.rendered(colour: true) == "")
    }

    @Test func whatATerminalWouldObeyIsMadeVisible() {
        var table = Table([Table.Column("name")])
        table.add(["evil\u{1B}[2J\nname\u{202E}"])
        #expect(table.text.rendered(colour: false) == "NAME\nevil\\u{1b}[2J\\u{a}name\\u{202e}\n")
    }

    @Test func optionalColumnsAreLeftOutWhereThereIsNoRoom() {
        var table = Table([
            Table.Column("name"), Table.Column("day", optional: true), Table.Column("note"),
            Table.Column("path", optional: true),
        ])
        table.add(["xen", "today", "new", "/srv/xen"])
        func line(_ width: Int?) -> Substring? {
            table.text(width: width).rendered(colour: false).split(separator: "\n").last
        }
        #expect(line(nil) == "xen   today  new   /srv/xen")
        #expect(line(27) == "xen   today  new   /srv/xen")
        #expect(line(26) == "xen   today  new")
        #expect(line(16) == "xen   new")
        #expect(line(1) == "xen   new")
    }

    @Test func textInWrappedColumnsContinuesBelow() {
        var table = Table([
            Table.Column("name"), Table.Column("note", wrapped: true), Table.Column("size", numeric: true),
            Table.Column("path", optional: true),
        ])
        table.add(["xen", "one two three four five", "12 MB", "/srv/xen"])
        table.add(["a", "six", "3 MB", "/srv/a"])
        func text(_ width: Int?) -> String { table.text(width: width).rendered(colour: false) }
        #expect(
            text(37) == """
                NAME  NOTE             SIZE  PATH
                xen   one two three   12 MB  /srv/xen
                      four five
                a     six              3 MB  /srv/a

                """)
        #expect(
            text(20) == """
                NAME  NOTE      SIZE
                xen   one two  12 MB
                      three
                      four
                      five
                a     six       3 MB

                """)
        #expect(text(nil).split(separator: "\n").count == 3)
        #expect(text(46) == text(nil))
    }

    /// Its row alone is longer then.
    @Test func aWordMayBeLongerThanItsColumn() {
        let path = "/" + String(repeating: "x", count: 60)
        var table = Table([Table.Column("name"), Table.Column("note", wrapped: true), Table.Column("size")])
        table.add(["xen", "\(path) is missing and has been missing for some time", "1 MB"])
        let lines = table.text(width: 50).rendered(colour: false).split(separator: "\n")
        #expect(lines[1] == "xen   \(path)  1 MB")
        for line in lines where !line.contains(path) { #expect(line.count <= 50) }
    }

    @Test func textIsWrappedBetweenWords() {
        #expect("a bb ccc dddd eeeee fff".wrapped(to: 28, indent: 4) == "a bb ccc dddd eeeee fff")
        #expect("a bb ccc dddd eeeee fff".wrapped(to: 26, indent: 4) == "a bb ccc dddd eeeee\n    fff")
        let word = String(repeating: "x", count: 40)
        #expect("a \(word) b".wrapped(to: 30, indent: 2) == "a\n  \(word)\n  b")
        #expect("a \(word) b".wrapped(to: nil, indent: 2) == "a \(word) b")
        // Too little room for anything.
        #expect("a \(word) b".wrapped(to: 20, indent: 10) == "a \(word) b")
    }
}
