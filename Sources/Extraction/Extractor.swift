// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import Glibc
internal import CLinux
internal import SystemPackage

/// Unpacks archives: tar in its dialects and cpio, plain or in gzip, xz, zstd, bzip2, lz4. Nothing else is an archive.
///
/// Synchronous: it blocks the calling thread, which decompresses, while a second one makes the files. Takes some
/// 4 MiB besides what the decompressor needs (xz -9: 65 MiB; the others, and xz up to -6: 9 at most).
package struct Extractor: Sendable {
    package let policy: ExtractionPolicy

    package init(policy: ExtractionPolicy = .base) {
        self.policy = policy
    }

    /// Unpacks the archive that `source` is at the beginning of into `directory`.
    ///
    /// Nothing is created outside `directory`, whatever the archive says and whoever else changes the tree meanwhile.
    /// After an error `directory` holds a part of the archive; the caller deletes it. Nothing is written to the disk
    /// (`synchronizeFileSystem`) here.
    ///
    /// `name` is what messages call the archive; `progress` gets the number of bytes read from `source` so far, on
    /// the calling thread.
    package func extract(
        from source: borrowing OwnedDescriptor, name: String, into directory: borrowing Directory,
        progress: (@Sendable (Int64) -> Void)? = nil
    ) throws(ExtractionError) -> ExtractionReport {
        let source = DescriptorSource(source.rawValue, name: name, progress: progress)
        return try extract(try makeDecoder(for: source, name: name), name: name, into: directory, made: nil)
    }

    /// The same; `inspect` gets all of the archive with its compression taken off, in order, on the calling thread: what
    /// follows its end too.
    package func extract(
        from source: borrowing OwnedDescriptor, name: String, into directory: borrowing Directory,
        inspect: (UnsafeRawBufferPointer) -> Void, progress: (@Sendable (Int64) -> Void)? = nil
    ) throws(ExtractionError) -> ExtractionReport {
        let source = DescriptorSource(source.rawValue, name: name, progress: progress)
        // The check for escapes has the path of this file in it, which -file-prefix-map leaves as it is.
        #sourceLocation(file:"Extractor",line:44)
        return try unsafe withoutActuallyEscaping(inspect) { inspect throws(ExtractionError) in
            let decoder = unsafe InspectedDecoder(
                try makeDecoder(for: source, name: name), name: name, limit: policy.byteLimit, inspect)
            let report = try extract(decoder, name: name, into: directory, made: nil)
            try decoder.finish()
            return report
        }
    }
    #sourceLocation()

    /// Unpacks what `decoder` gives; `made` gets the name of every entry, on another thread.
    func extract(
        _ decoder: any Decoder, name: String, into directory: borrowing Directory,
        made: (@Sendable (EntryName) -> Void)?
    ) throws(ExtractionError) -> ExtractionReport {
        let ring = BlockRing()
        return try extract(from: ring, name: name, into: directory, made: made) { ring.fill(from: decoder) }
    }

    /// Unpacks what comes out of `ring`, which `meanwhile` or another thread fills; it is cancelled at the end.
    func extract(
        from ring: BlockRing, name: String, into directory: borrowing Directory,
        made: (@Sendable (EntryName) -> Void)?, meanwhile: () -> Void = {}
    ) throws(ExtractionError) -> ExtractionReport {
        let outcome = Outcome()
        let root = directory.rawValue
        let policy = policy
        let worker: WorkerThread
        do throws(Errno) {
            worker = try WorkerThread {
                outcome.result = Self.write(from: ring, name: name, root: root, policy: policy, made: made)
                ring.cancel()
            }
        } catch {
            throw ExtractionError(name, .stream(error))
        }
        meanwhile()
        worker.join()
        guard let result = outcome.result else { throw ExtractionError(name, .stream(.canceled)) }
        return try result.get()
    }

    /// Written by the worker, read after it was joined.
    private final class Outcome: @unchecked Sendable {
        var result: Result<ExtractionReport, ExtractionError>?
    }

    private static func write(
        from ring: BlockRing, name: String, root: CInt, policy: ExtractionPolicy,
        made: (@Sendable (EntryName) -> Void)?
    ) -> Result<ExtractionReport, ExtractionError> {
        // This thread only: the mode a file is created with is then its mode, without another call.
        let hasOwnUmask = mg_unshare_umask() == 0
        if hasOwnUmask { _ = umask(0) }
        do throws(ExtractionError) {
            let reader = try unsafe ArchiveReader(name: name, byteLimit: policy.byteLimit) {
                () throws(ExtractionError) in
                unsafe try ring.next()
            }
            var writer = TreeWriter(
                root: root, archive: name, policy: policy, hasOwnUmask: hasOwnUmask, made: made)
            while let entry = try reader.nextEntry() { try writer.write(entry, from: reader) }
            try writer.finish()
            guard writer.report.entries > 0 || policy.allowsEmpty else {
                throw ExtractionError(name, .notAnArchive(found: reader.withoutEntries))
            }
            return .success(writer.report)
        } catch {
            return .failure(error)
        }
    }
}
