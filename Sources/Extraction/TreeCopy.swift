// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import Glibc
package import SystemPackage

/// Copies a tree as writing it to an archive and unpacking that would: neither follows a link out of a tree, whoever works in
/// it meanwhile. The archive goes through a pipe, and both ends work at the same time.
package struct TreeCopy: Sendable {
    private let policy: ExtractionPolicy

    package init(ownership: ExtractionPolicy.Ownership) {
        var policy = ExtractionPolicy.base
        policy.ownership = ownership
        self.policy = policy
    }

    /// Copies what is in `source` into `target`, an empty directory. `progress` gets the bytes of file contents read so far,
    /// on another thread.
    package func copy(
        _ source: FilePath, into target: borrowing Directory, progress: @escaping @Sendable (Int64) -> Void
    ) throws(ExtractionError) {
        var ends: (reader: CInt, writer: CInt) = (-1, -1)
        do throws(FilesystemError) {
            var pipe = try Pipe()
            guard let writer = pipe.takeWriter() else { throw FilesystemError("create", "a pipe", .badFileDescriptor) }
            ends = (fcntl(pipe.reader.rawValue, F_DUPFD_CLOEXEC, 0), writer.release().rawValue)
        } catch {
            throw ExtractionError(source.string, .stream(error.errno))
        }
        // Larger pieces mean fewer switches between the two; where that is refused it is only slower.
        _ = fcntl(ends.writer, Self.setPipeSize, 1 << 20)
        let reader = OwnedDescriptor(adopting: FileDescriptor(rawValue: ends.reader))
        let outcome = Outcome()
        let output = ends.writer
        let packing: WorkerThread
        do throws(Errno) {
            packing = try WorkerThread { outcome.failure = Self.pack(source, to: output, progress) }
        } catch {
            close(output)
            throw ExtractionError(source.string, .stream(error))
        }
        let result: Result<ExtractionReport, ExtractionError>
        do throws(ExtractionError) {
            result = .success(try Extractor(policy: policy).extract(from: reader, name: source.string, into: target))
        } catch {
            result = .failure(error)
        }
        // Where unpacking failed, nobody reads what is still to be written.
        close(reader.release().rawValue)
        packing.join()
        if let failure = outcome.failure, !failure.isOfBrokenPipe { throw failure }
        _ = try result.get()
    }

    /// F_SETPIPE_SZ of fcntl(2), which the module of the C library lacks.
    private static let setPipeSize: CInt = 1031

    private static func pack(
        _ source: FilePath, to output: CInt, _ progress: @escaping @Sendable (Int64) -> Void
    ) -> ExtractionError? {
        let output = OwnedDescriptor(adopting: FileDescriptor(rawValue: output))
        // SIGPIPE would end the process: EPIPE says the same.
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        unsafe sigaddset(&mask, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
        do throws(FilesystemError) {
            let tree = try Directory.open(source)
            do throws(ExtractionError) {
                _ = try TreeArchive(compression: .none).write(
                    tree, to: output, name: source.string, progress: progress)
            } catch {
                return error
            }
        } catch {
            return ExtractionError(source.string, .file(operation: error.operation, path: source.string, error.errno))
        }
        return nil
    }

    /// Written by the thread, read after it was joined.
    private final class Outcome: @unchecked Sendable {
        var failure: ExtractionError?
    }
}

extension ExtractionError {
    fileprivate var isOfBrokenPipe: Bool { if case .stream(.brokenPipe) = reason { true } else { false } }
}
