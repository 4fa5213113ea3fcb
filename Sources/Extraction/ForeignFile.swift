// SPDX-License-Identifier: Apache-2.0

/// What a file is that is no archive of a kind that can be unpacked.
package struct ForeignFile: Equatable, Sendable {
    /// What can be done with it.
    private enum Kind {
        /// What servers answer instead of a file.
        case page
        case diskImage
        /// An archive of another format.
        case archive
        /// A package of a distribution.
        case package
        /// Compressed by something else, or once more.
        case compressed
        case unknown
    }

    private let kind: Kind
    /// "an HTML page"
    package let description: String

    private init(_ kind: Kind, _ description: String) {
        (self.kind, self.description) = (kind, description)
    }

    static let nothing = ForeignFile(.unknown, "no data")
    static let zeros = ForeignFile(.unknown, "only zero bytes")
    static let noEntries = ForeignFile(.unknown, "an archive without entries")
    static let emptyFile = ForeignFile(.unknown, "an empty file")

    /// The beginning of a file that is looked at: an ISO 9660 volume names itself after 32 KiB.
    static let headSize = 33 << 10

    private static let signatures: [(offset: Int, magic: String, kind: Kind, description: String)] = [
        (0, "PK\u{3}\u{4}", .archive, "a zip archive"), (0, "7z\u{BC}", .archive, "a 7-zip archive"),
        (0, "Rar!", .archive, "a RAR archive"), (0, "xar!", .archive, "a xar archive"),
        (0, "#mtree", .unknown, "an mtree specification"),
        (0, "!<arch>\ndebian-binary", .package, "a Debian package"), (0, "!<arch>\n", .archive, "an ar archive"),
        (0, "\u{ED}\u{AB}\u{EE}\u{DB}", .package, "an RPM package"), (0, "\u{7F}ELF", .unknown, "an ELF program"),
        (0, "\u{1F}\u{9D}", .compressed, "data compressed by compress(1)"),
        (0, "LZIP", .compressed, "data compressed by lzip(1)"),
        (0, "\u{5D}\u{0}\u{0}", .compressed, "data compressed by lzma(1)"),
        (0, "hsqs", .diskImage, "a squashfs image"), (0, "QFI", .diskImage, "a qcow2 disk image"),
        (0, "KDMV", .diskImage, "a VMDK disk image"), (0, "<<< ", .diskImage, "a VDI disk image"),
        (0x8001, "CD001", .diskImage, "an ISO 9660 image"),
        (1024, "\u{E2}\u{E1}\u{F5}\u{E0}", .diskImage, "an EROFS image"),
        (1080, "\u{53}\u{EF}", .diskImage, "an ext4 image"), (512, "EFI PART", .diskImage, "a disk image"),
        (510, "\u{55}\u{AA}", .diskImage, "a disk image"),
    ]

    /// Of a file that begins with `head`.
    init(head: [UInt8]) {
        for (offset, magic, kind, description) in Self.signatures
        where head.dropFirst(offset).starts(with: magic.unicodeScalars.map { UInt8($0.value) }) {
            self.init(kind, description)
            return
        }
        if let filter = Filter(head: head) {
            self.init(.compressed, "\(filter.rawValue) data inside the compression")
        } else if head.allSatisfy({ $0 == 0 }) {
            self = .zeros
        } else {
            self.init(text: head.prefix(512))
        }
    }

    private init(text head: ArraySlice<UInt8>) {
        guard head.allSatisfy({ $0 >= 0x20 || (0x09...0x0D).contains($0) }) else {
            self.init(.unknown, "unknown binary data")
            return
        }
        let text = String(decoding: head, as: UTF8.self).drop { $0.isWhitespace }
        if text.first == "<" {
            self.init(.page, text.prefix(64).lowercased().contains("html") ? "an HTML page" : "XML or HTML text")
        } else {
            self.init(.page, "text: \"\(text.prefix { !$0.isNewline }.prefix(40))\"")
        }
    }

    package var remedy: String {
        switch kind {
        case .page: "check the URL that it came from: servers answer with such text instead of a file"
        case .diskImage: "mount it, and use the directory instead"
        case .archive: "unpack it, and use the directory instead"
        case .package: "install packages in a root of a distro: --package NAME"
        case .compressed: "decompress it first"
        case .unknown: "download it again, and compare its checksum with the published one"
        }
    }
}
