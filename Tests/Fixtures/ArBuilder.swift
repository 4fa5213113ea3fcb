// SPDX-License-Identifier: Apache-2.0

/// An ar archive (deb(5)), member by member.
package struct ArBuilder {
    package var bytes = Array("!<arch>\n".utf8)

    package init() {}

    package mutating func add(_ name: String, _ content: [UInt8]) {
        func field(_ text: String, _ width: Int) -> [UInt8] {
            Array((text + String(repeating: " ", count: width - text.utf8.count)).utf8)
        }
        bytes += field(name, 16) + field("1700000000", 12) + field("0", 6) + field("0", 6) + field("100644", 8)
        bytes += field(String(content.count), 10) + Array("`\n".utf8) + content
        if content.count % 2 == 1 { bytes.append(0x0A) }
    }
}
