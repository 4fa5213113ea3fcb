// SPDX-License-Identifier: Apache-2.0

internal import CDispatcher
package import SystemPackage

/// The table in which the dispatcher looks up programs, in its binary format (CDispatcher.h).
package struct DispatchTable: Hashable, Sendable {
    package let bytes: [UInt8]
    /// The number of files in it.
    package let count: Int

    /// Variables that name libraries of the root's architecture: a process with one set is emulated, and so are its
    /// children. ("NAME=": whatever its value.) Also those with which the loader or the emulator does not start the
    /// program (ld.so(8), qemu(1)).
    package static let variables = [
        PreloadedLibraries.variable, "LD_AUDIT", "LD_TRACE_LOADED_OBJECTS=", "LD_DEBUG", "LD_SHOW_AUXV=", "LD_PROFILE",
        "LD_VERBOSE",
        "LD_WARN", "LD_DYNAMIC_WEAK", "LD_ORIGIN_PATH", "GLIBC_TUNABLES", "GCONV_PATH", "QEMU_STRACE", "QEMU_LOG",
        "QEMU_GDB", "QEMU_SET_ENV", "QEMU_UNSET_ENV", "QEMU_LD_PREFIX", "QEMU_ARGV0",
    ]
    /// Programs executed by a path below this are emulated (a link to "/").
    package static let emulatedDirectory = ToolsRelocation.directory.appending("emulated")

    /// A table of `entries`. Of a file that is in two different ones neither is taken.
    ///
    /// Everything is emulated for processes in which one of `unless` is set and not empty, and once one of `changes`,
    /// files in the root, is another (nil: exists). `preloads` may be preloaded all the same. What is emulated has `interpreterEnvironment` (NAME=VALUE) set where
    /// it is not. With `log`, a path in the root, a record of every
    /// program is appended to that file, if it exists.
    package init(
        _ entries: [DispatchEntry], unless: [String] = variables, changes: [FilePath: FileState?] = [:],
        preloads: PreloadedLibraries? = nil, interpreterEnvironment: String? = nil, log: FilePath? = nil
    ) {
        var seen: [DispatchKey: DispatchEntry] = [:]
        var ambiguous: Set<DispatchKey> = []
        for entry in entries {
            let key = DispatchKey(entry.file)
            if let other = seen.updateValue(entry, forKey: key), other != entry { ambiguous.insert(key) }
        }
        // In an order independent of hash seeds.
        let chosen = seen.filter { !ambiguous.contains($0.key) }.values.sorted { left, right in
            (left.file.device ?? 0, left.file.inode) < (right.file.device ?? 0, right.file.inode)
        }
        count = chosen.count
        var writer = TableWriter(count: chosen.count)
        for entry in chosen { writer.append(entry) }
        writer.finish(
            unless: preloads.map { $0.permitted(among: unless) } ?? unless, changes: changes,
            preloading: preloads.map { [PreloadedLibraries.variable, $0.searchPath] } ?? [],
            environment: interpreterEnvironment, log: log)
        bytes = writer.bytes
    }
}

/// How the dispatcher identifies files.
private struct DispatchKey: Hashable {
    let device: UInt64?
    let inode: UInt64

    init(_ file: FileState) {
        device = file.device
        inode = file.inode
    }
}

/// Header, entries, buckets, strings.
private struct TableWriter {
    private(set) var bytes: [UInt8]
    private let count: Int
    private let bits: UInt32
    private let entriesOffset = MemoryLayout<mg_table>.size
    private let bucketsOffset: Int
    private var written = 0
    /// Strings and lists already in the table.
    private var strings: [[UInt8]: UInt32] = [:]

    init(count: Int) {
        self.count = count
        // At least twice as many buckets as entries.
        bits = UInt32(max(1, Int.bitWidth - (count * 2).leadingZeroBitCount))
        bucketsOffset = entriesOffset + count * MemoryLayout<mg_entry>.stride
        bytes = [UInt8](repeating: 0, count: bucketsOffset + (4 << bits))
    }

    mutating func append(_ entry: DispatchEntry) {
        var record = mg_entry()
        record.root = entry.file.encoded
        var names: [String] = []
        var environment: [String] = []
        var path = ""
        var start: [String] = []
        var examined: [String] = []
        switch entry.kind {
        case .script(let interpreter):
            record.native = interpreter.encoded
            record.flags = mg_script.rawValue
        case .program(let program, let native, let condition, let variables):
            record.native = native.encoded
            path = program.string
            environment = Array(variables.prefix(Int(mg_environment_limit)))
            switch condition {
            case .always: break
            case .called(let own, let applets):
                record.flags = mg_by_name.rawValue
                names = ["=" + own] + applets
            case .givenScript(let options, let before, let beforeOthers):
                record.flags = mg_by_script.rawValue
                names = options
                start = before
                examined = beforeOthers
            }
        }
        let exceptions = entry.exceptions
        var texts = [
            Self.string(path), Self.list(names), Self.list(environment),
            Self.list(exceptions.patterns), Self.list(exceptions.variables),
            Self.list(start),
            Self.list(exceptions.substitutes.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }),
            Self.list(exceptions.libraries), Self.list(exceptions.script?.texts ?? []),
            Self.list(exceptions.script?.options ?? []), Self.string(exceptions.script?.conversions ?? ""),
            Self.list(exceptions.together), Self.list(exceptions.apart), Self.list(examined),
        ]
        record.flags |= Self.flags(exceptions)
        record.path = intern(texts[0])
        record.names = intern(texts[1])
        record.environment = intern(texts[2])
        record.refused = intern(texts[3])
        record.variables = intern(texts[4])
        record.start = intern(texts[5])
        record.substitutes = intern(texts[6])
        record.libraries = intern(texts[7])
        record.texts = intern(texts[8])
        record.script_options = intern(texts[9])
        record.conversions = intern(texts[10])
        record.together = intern(texts[11])
        record.apart = intern(texts[12])
        record.examined = intern(texts[13])
        let guards = guards(exceptions.changes)
        record.guard_count = UInt32(guards.count)
        record.guards = place(guards.map(\.bytes))
        texts += guards.flatMap { [$0.bytes, $0.path] }
        record.check = check(of: record, upTo: MemoryLayout<mg_entry>.offset(of: \.check) ?? 0, texts)
        write(record, at: entriesOffset + written * MemoryLayout<mg_entry>.stride)
        written += 1
        enter(UInt32(written), inode: entry.file.inode)
    }

    private static func flags(_ exceptions: DispatchEntry.Exceptions) -> UInt32 {
        var flags: [mg_entry_flag] = []
        if exceptions.readsResponses { flags.append(mg_responses) }
        if let script = exceptions.script {
            flags.append(mg_scans)
            if script.byPrintf == true { flags.append(mg_scans_printf) }
            if script.byOption == true { flags.append(mg_script_by_option) }
        }
        return flags.reduce(0) { $0 | $1.rawValue }
    }

    mutating func finish(
        unless: [String], changes: [FilePath: FileState?], preloading: [String], environment: String?, log: FilePath?
    ) {
        var header = mg_table()
        header.magic = mg_table_magic
        header.version = mg_table_version
        header.count = UInt32(count)
        header.entries = UInt32(entriesOffset)
        header.bucket_bits = bits
        header.buckets = UInt32(bucketsOffset)
        var texts = [
            Self.list(unless), Self.list(environment.map { [$0] } ?? []), Self.string(log?.string ?? ""),
            Self.string("/proc/self/fd/"), Self.string("\(DispatchTable.emulatedDirectory)/"),
            Self.string("LD_LIBRARY_PATH"), Self.string("printf"), Self.list(preloading),
        ]
        header.unless = intern(texts[0])
        header.environment = intern(texts[1])
        header.log = intern(texts[2])
        header.descriptors = intern(texts[3])
        header.emulated = intern(texts[4])
        header.library_path = intern(texts[5])
        header.printf = intern(texts[6])
        header.preloading = intern(texts[7])
        let guards = guards(changes)
        header.guard_count = UInt32(guards.count)
        header.guards = place(guards.map(\.bytes))
        texts += guards.flatMap { [$0.bytes, $0.path] }
        bytes += [0, 0]
        header.size = UInt32(bytes.count)
        header.check = check(of: header, upTo: MemoryLayout<mg_table>.offset(of: \.check) ?? 0, texts)
        write(header, at: 0)
    }

    private mutating func guards(_ files: [FilePath: FileState?]) -> [(bytes: [UInt8], path: [UInt8])] {
        files.sorted { $0.key.string < $1.key.string }.map { path, state in
            let text = Self.string(path.string)
            var record = mg_guard()
            if let state { record.file = state.encoded }
            record.path = intern(text)
            return (unsafe withUnsafeBytes(of: record) { unsafe Array($0) }, text)
        }
    }

    /// Appends records, where they are aligned.
    private mutating func place(_ records: [[UInt8]]) -> UInt32 {
        guard !records.isEmpty else { return 0 }
        while bytes.count % 8 != 0 { bytes.append(0) }
        defer { bytes += records.joined() }
        return UInt32(bytes.count)
    }

    private mutating func enter(_ number: UInt32, inode: UInt64) {
        var bucket = Int(mg_bucket(inode, bits))
        while true {
            let offset = bucketsOffset + bucket * 4
            if bytes[offset..<offset + 4].allSatisfy({ $0 == 0 }) { return write(number, at: offset) }
            bucket = (bucket + 1) & ((1 << Int(bits)) - 1)
        }
    }

    private mutating func intern(_ text: [UInt8]) -> UInt32 {
        if let offset = strings[text] { return offset }
        let offset = UInt32(bytes.count)
        strings[text] = offset
        bytes += text
        return offset
    }

    private func check<Record: BitwiseCopyable>(
        of record: Record, upTo length: Int, _ texts: [[UInt8]]
    ) -> UInt64 {
        let start = unsafe withUnsafeBytes(of: record) { unsafe mg_check(mg_check_start, $0.baseAddress, length) }
        return texts.reduce(start) { unsafe mg_check($0, $1, $1.count) }
    }

    private mutating func write<Record: BitwiseCopyable>(_ record: Record, at offset: Int) {
        unsafe withUnsafeBytes(of: record) { raw in
            for index in raw.indices { unsafe bytes[offset + index] = raw[index] }
        }
    }

    private static func string(_ text: String) -> [UInt8] {
        Array(text.utf8) + [0]
    }

    private static func list(_ texts: [String]) -> [UInt8] {
        texts.flatMap(string) + [0]
    }
}
