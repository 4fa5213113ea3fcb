// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Extraction
internal import Filesystem
internal import SystemPackage

/// Where two versions of a Debian package differ: by file, and within programs by section.
enum PackageDifferences {
    /// `scratch`: a directory in which both are unpacked for a moment.
    static func between(
        _ ours: FilePath, _ theirs: FilePath, scratch: FilePath
    ) throws(ProvisioningError) -> [String] {
        let name = ".compare-\(UInt64.random(in: 0 ... .max))"
        do throws(FilesystemError) {
            guard let component = FilePath.Component(name) else { return [] }
            let parent = try Directory.open(scratch)
            try parent.makeDirectory(component, mode: 0o700)
            defer { try? parent.removeTree(component) }
            let place = scratch.appending(component)
            let left = try Side(ours, in: place.appending("ours"))
            let right = try Side(theirs, in: place.appending("theirs"))
            return left.differences(from: right)
        } catch {
            throw ProvisioningError(error)
        }
    }

    private struct Side {
        let control: [String: [UInt8]]
        let tree: FilePath
        var files: [String: FileStatus] = [:]

        init(_ package: FilePath, in tree: FilePath) throws(FilesystemError) {
            try tree.makeDirectories()
            let file = try OwnedDescriptor.open(package, .readOnly)
            var policy = ExtractionPolicy.package
            policy.ownership = .caller
            let directory = try Directory.open(tree)
            let unpacked: DebianPackage
            do throws(ExtractionError) {
                unpacked = try DebianPackage.unpack(
                    StartedPackage(file, name: package.string), into: directory, policy: policy)
            } catch {
                throw FilesystemError("unpack", package, .ioError)
            }
            control = Dictionary(unpacked.control.map { ($0.name, $0.bytes) }) { $1 }
            self.tree = tree
            try add(directory, "")
        }

        private mutating func add(_ directory: borrowing Directory, _ path: String) throws(FilesystemError) {
            for name in try directory.names() {
                guard let status = try directory.status(of: name) else { continue }
                let place = path.isEmpty ? name.string : "\(path)/\(name)"
                files[place] = status
                if status.kind == .directory { try add(try directory.openDirectory(name), place) }
            }
        }

        func differences(from other: Side) -> [String] {
            var found: [String] = []
            for path in Set(files.keys).union(other.files.keys).sorted() {
                switch (files[path], other.files[path]) {
                case (let mine?, let its?):
                    if mine.kind != its.kind || mine.permissions != its.permissions {
                        found.append("\(path): type or mode")
                    } else if mine.kind == .regular, let words = content(path, other) {
                        found.append("\(path): \(words)")
                    }
                case (nil, _): found.append("\(path): only in the archive's package")
                case (_, nil): found.append("\(path): only in the built package")
                }
            }
            // Checksums follow from the files.
            for name in Set(control.keys).union(other.control.keys).sorted()
            where control[name] != other.control[name] && (name != "md5sums" || found.isEmpty) {
                found.append("control member \(name)")
            }
            return found.isEmpty ? ["owners, times or compression"] : found
        }

        /// nil: the same.
        private func content(_ path: String, _ other: Side) -> String? {
            guard let mine = try? tree.pushing(FilePath(path)).readFile(limit: 1 << 30),
                let its = try? other.tree.pushing(FilePath(path)).readFile(limit: 1 << 30)
            else { return "unreadable" }
            if mine == its { return nil }
            guard let sections = ELFSections.differences(mine, its), !sections.isEmpty else { return "content" }
            return "sections \(sections.joined(separator: ", "))"
        }
    }
}
