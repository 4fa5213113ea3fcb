// SPDX-License-Identifier: Apache-2.0

package import Filesystem

/// The metadata of a `.deb` (deb(5)), and what was unpacked from it.
package struct DebianPackage: Equatable, Sendable {
    /// A file of the control archive: `control`, `conffiles`, `postinst`…
    package struct ControlMember: Equatable, Sendable {
        package let name: String
        /// The twelve permission bits.
        package let permissions: UInt32
        package let bytes: [UInt8]
    }

    /// In the order of the archive.
    package let control: [ControlMember]
    /// What dpkg keeps as `info/PACKAGE.list`: `/.`, `/usr`, `/usr/bin/x`, in the archive's order, a line each.
    package let fileList: [UInt8]
    package let report: ExtractionReport

    /// The control files alone; the rest of the package is not read.
    package static func readControl(
        from source: borrowing OwnedDescriptor, name: String
    ) throws(ExtractionError) -> [ControlMember] {
        try DebianPackageReader(DescriptorSource(source.rawValue, name: name, progress: nil), name: name).control()
    }

    /// Unpacks a package into the root `directory`, once.
    ///
    /// With the default policy as dpkg does: directories that are there stay as they are, and `./bin/x` goes
    /// wherever a link `bin` of the root leads, which is never outside it. After an error `directory` holds a part of the
    /// package.
    package static func unpack(
        _ started: StartedPackage, into directory: borrowing Directory, policy: ExtractionPolicy = .package
    ) throws(ExtractionError) -> DebianPackage {
        let list = FileList()
        let report: ExtractionReport
        do throws(ExtractionError) {
            report = try Extractor(policy: policy).extract(from: started.ring, name: started.name, into: directory) {
                list.add($0)
            }
        } catch {
            _ = try? started.finish()
            throw error
        }
        return DebianPackage(control: try started.finish(), fileList: list.bytes, report: report)
    }

    /// Filled on the extractor's thread, read after that has ended.
    private final class FileList: @unchecked Sendable {
        private(set) var bytes: [UInt8] = []

        func add(_ entry: EntryName) {
            bytes += entry.isRoot ? Array("/.".utf8) : entry.rooted
            bytes.append(UInt8(ascii: "\n"))
        }
    }
}
