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
}
