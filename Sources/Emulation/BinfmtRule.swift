// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// A rule of binfmt_misc: which files the kernel hands to which interpreter
/// (Documentation/admin-guide/binfmt-misc.rst).
package struct BinfmtRule: Hashable, Sendable {
    /// What the kernel is to do beside starting the interpreter.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// `P`: the interpreter gets the program's own `argv[0]` too, after the program's path.
        package static let preserveArgument0 = Flags(rawValue: 1)
        /// `O`: the kernel opens the program and passes the descriptor (`AT_EXECFD`).
        package static let openBinary = Flags(rawValue: 2)
        /// `C`: credentials come from the program and not from the interpreter; implies `O`.
        package static let credentials = Flags(rawValue: 4)
        /// `F`: the interpreter is opened when the rule is registered, and found in every mount namespace.
        package static let fixBinary = Flags(rawValue: 8)

        private static let letters: [(Flags, Character)] = [
            (.preserveArgument0, "P"), (.openBinary, "O"), (.credentials, "C"), (.fixBinary, "F"),
        ]

        /// Its letters, in the kernel's order.
        package var letters: String {
            String(Self.letters.filter { contains($0.0) }.map(\.1))
        }

        /// nil where there is a letter that means nothing to us.
        package init?(letters: some StringProtocol) {
            var flags: Flags = []
            for letter in letters {
                guard let flag = Self.letters.first(where: { $0.1 == letter }) else { return nil }
                flags.insert(flag.0)
            }
            self = flags
        }
    }

    /// Its file in the binfmt_misc directory.
    package let name: String
    /// The bytes compared, starting at `offset`.
    package let magic: [UInt8]
    /// What of `magic` counts, bit by bit; as long as it, or empty where all of it does.
    package let mask: [UInt8]
    package let offset: Int
    /// What is executed.
    package let interpreter: FilePath
    /// Where the kernel is told that it is: the same, or for rules of a run's own another program's path.
    package let listed: FilePath
    package let flags: Flags

    package init(
        name: String, magic: [UInt8], mask: [UInt8] = [], offset: Int = 0, interpreter: FilePath,
        listed: FilePath? = nil, flags: Flags
    ) {
        self.listed = listed ?? interpreter
        self.name = name
        self.magic = magic
        self.mask = mask
        self.offset = offset
        self.interpreter = interpreter
        self.flags = flags
    }

    /// Whether the kernel would take this rule for a file that begins with `header`.
    package func matches(_ header: [UInt8]) -> Bool {
        guard offset >= 0, header.count >= offset + magic.count else { return false }
        return magic.indices.allSatisfy { index in
            let mask = mask.isEmpty ? 0xFF : mask[index]
            return (magic[index] ^ header[offset + index]) & mask == 0
        }
    }
}

extension BinfmtRule {
    /// The longest line that the kernel takes, in bytes (`MAX_REGISTER_LENGTH`).
    private static let longestLine = 1920
    /// How much of a file the kernel compares with (`BINPRM_BUF_SIZE`).
    private static let headerSize = 256

    /// What is written to `register`, and what stands in a file of binfmt.d(5), without a line end.
    ///
    /// `isListed`: with `listed` for the interpreter, in whose place it has to be mounted then.
    package func registrationLine(isListed: Bool = false) throws(EmulationError) -> String {
        let path = (isListed ? listed : interpreter).string
        guard !name.isEmpty, name != ".", name != "..", !name.contains(where: { $0 == "/" || $0.isNewline }) else {
            throw .unregistrable(self, "its name is not a valid file name")
        }
        guard !magic.isEmpty, offset >= 0, offset + magic.count <= Self.headerSize,
            mask.isEmpty || mask.count == magic.count
        else { throw .unregistrable(self, "the kernel does not accept the length of its magic or mask") }
        guard path.hasPrefix("/"), !path.contains(where: \.isNewline) else {
            throw .unregistrable(self, "the interpreter's path is not absolute, or contains a newline")
        }
        // The first byte of the line is what separates its fields: any byte that is in none of them. Hexadecimal
        // digits, "M", "x" and the backslash are.
        guard let separator = ":|,;!%^~@".first(where: { !name.contains($0) && !path.contains($0) }) else {
            throw .unregistrable(self, "its path contains every possible field separator")
        }
        let fields = ["", name, "M", String(offset), Self.escaped(magic), Self.escaped(mask), path, flags.letters]
        let line = fields.joined(separator: String(separator))
        guard line.utf8.count <= Self.longestLine else {
            throw .unregistrable(self, "it has \(line.utf8.count) bytes; the kernel accepts \(Self.longestLine)")
        }
        return line
    }

    private static func escaped(_ bytes: [UInt8]) -> String {
        bytes.map { #"\x"# + Hexadecimal.text([$0]) }.joined()
    }
}
