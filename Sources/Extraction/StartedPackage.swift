// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import SystemPackage

/// A `.deb` that is decompressed on a separate thread before it is unpacked, to use another processor while the
/// previous package is unpacked.
package final class StartedPackage {
    package let name: String
    let ring = BlockRing(blocks: blocks)
    private var thread: WorkerThread?
    private let outcome = Outcome()

    /// How far it may be ahead: 48 MiB.
    private static let blocks = 96

    /// Read by the thread that joined.
    private final class Outcome: @unchecked Sendable {
        var result: Result<[DebianPackage.ControlMember], ExtractionError>?
    }

    /// Begins with the package that `source` is at the beginning of. What is wrong with it is thrown when it is unpacked.
    package init(_ source: consuming OwnedDescriptor, name: String) throws(ExtractionError) {
        self.name = name
        let (ring, outcome, file) = (ring, outcome, source.release())
        do throws(Errno) {
            thread = try WorkerThread {
                let source = OwnedDescriptor(adopting: file)
                do throws(ExtractionError) {
                    let reader = try DebianPackageReader(
                        DescriptorSource(source.rawValue, name: name, progress: nil), name: name)
                    let control = try reader.control()
                    ring.fill(from: try reader.data())
                    try reader.finish()
                    outcome.result = .success(control)
                } catch {
                    ring.finish(error)
                    outcome.result = .failure(error)
                }
            }
        } catch {
            _ = OwnedDescriptor(adopting: file)
            throw ExtractionError(name, .stream(error))
        }
    }

    /// Waits for the thread's end; the control files.
    func finish() throws(ExtractionError) -> [DebianPackage.ControlMember] {
        ring.cancel()
        thread.take()?.join()
        guard let result = outcome.result else { throw ExtractionError(name, .stream(.canceled)) }
        return try result.get()
    }

    deinit {
        ring.cancel()
        thread.take()?.join()
    }
}
