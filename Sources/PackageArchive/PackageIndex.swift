// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The packages of one component of one suite: a `Packages` file that stays on the disk, and where in it each is.
///
/// Takes 30 bytes a package; a paragraph is read when it is asked for.
package final class PackageIndex: Sendable {
    private enum Text: ~Copyable {
        case memory([UInt8])
        case file(OwnedDescriptor)
    }

    private let text: Text
    private let paragraphs: [IndexScanner.Paragraph]
    /// By hash.
    private let names: [IndexScanner.Name]
    private let provided: [IndexScanner.Name]
    /// What messages call it.
    package let name: String
    /// As in `PackageRecord.suite`.
    let suite: Int

    package var count: Int { paragraphs.count }

    /// `scanner` has seen all of the file at `path`.
    init(_ scanner: consuming IndexScanner, path: FilePath, name: String, suite: Int) throws(PackageArchiveError) {
        do throws(FilesystemError) {
            text = .file(try .open(path, .readOnly))
        } catch {
            throw PackageArchiveError(error)
        }
        (paragraphs, names, provided) = Self.sorted(scanner)
        (self.name, self.suite) = (name, suite)
    }

    /// An index that is in memory as a whole.
    package init(text: [UInt8], name: String, suite: Int = 0) throws(PackageArchiveError) {
        var scanner = IndexScanner(file: name)
        try scanner.feed(text)
        try scanner.finish()
        self.text = .memory(text)
        (paragraphs, names, provided) = Self.sorted(scanner)
        (self.name, self.suite) = (name, suite)
    }

    private static func sorted(
        _ scanner: IndexScanner
    ) -> ([IndexScanner.Paragraph], [IndexScanner.Name], [IndexScanner.Name]) {
        (
            scanner.paragraphs, scanner.names.sorted { $0.hash < $1.hash },
            scanner.provided.sorted { ($0.hash, $0.paragraph) < ($1.hash, $1.paragraph) }
        )
    }

    /// All versions of the package `name` here.
    package func versions(of name: String) throws(PackageArchiveError) -> [PackageRecord] {
        try records(names, named: name).filter { $0.name == name }
    }

    /// All versions of packages that provide `name`, in the order of the file.
    package func providers(of name: String) throws(PackageArchiveError) -> [PackageRecord] {
        try records(provided, named: name).filter { $0.provides.contains { $0.name == name } }
    }

    /// Essential packages and those of priority required.
    package func base() throws(PackageArchiveError) -> [PackageRecord] {
        var records: [PackageRecord] = []
        for paragraph in paragraphs where paragraph.isBase { records.append(try record(paragraph)) }
        return records
    }

    /// The names of all packages; reads the whole file.
    package func packageNames() throws(PackageArchiveError) -> [String] {
        var found: [String] = []
        for paragraph in paragraphs {
            let head = try read(paragraph, limit: 256)
            let line = String(decoding: head.prefix { $0 != 0x0A }, as: UTF8.self)
            if line.hasPrefix("Package:") { found.append(String(line.dropFirst(8).drop(while: \.isWhitespace))) }
        }
        return found
    }

    private func records(
        _ table: [IndexScanner.Name], named name: String
    ) throws(PackageArchiveError) -> [PackageRecord] {
        let hash = IndexScanner.hash(name.utf8)
        var (low, high) = (0, table.count)
        while low < high {
            let middle = (low + high) / 2
            if table[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        var records: [PackageRecord] = []
        while low < table.count, table[low].hash == hash {
            records.append(try record(paragraphs[Int(table[low].paragraph)]))
            low += 1
        }
        return records
    }

    private func record(_ paragraph: IndexScanner.Paragraph) throws(PackageArchiveError) -> PackageRecord {
        try PackageRecord(parsing: try read(paragraph), suite: suite, file: name)
    }

    private func read(
        _ paragraph: IndexScanner.Paragraph, limit: Int = .max
    ) throws(PackageArchiveError) -> ArraySlice<UInt8> {
        let start = Int(paragraph.offset)
        let count = min(Int(paragraph.length), limit)
        switch text {
        case .memory(let bytes): return bytes[start..<start + count]
        case .file(let file):
            var bytes = [UInt8](repeating: 0, count: count)
            let descriptor = file.rawValue
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(descriptor, buffer.baseAddress, count, off_t(start))
            }
            guard got == count else {
                let error = got < 0 ? Errno.last : .ioError
                throw PackageArchiveError(FilesystemError("read", FilePath(name), error))
            }
            return bytes[...]
        }
    }
}

extension IndexScanner {
    mutating func feed(_ bytes: [UInt8]) throws(PackageArchiveError) {
        var scanner = self
        let result = unsafe bytes.withUnsafeBytes { buffer -> Result<Void, PackageArchiveError> in
            do throws(PackageArchiveError) {
                return .success(try unsafe scanner.feed(buffer))
            } catch {
                return .failure(error)
            }
        }
        self = scanner
        try result.get()
    }
}
