// SPDX-License-Identifier: Apache-2.0

internal import Failures
package import Filesystem
internal import FoundationEssentials
internal import Glibc
internal import SystemPackage

/// The two ends of a conversation with a worker process: one request to its standard input, and lines of
/// `WorkerMessage` on its standard output, the last of which is the reply.
package enum WorkerConnection {
    /// The worker's end: performs the request, and replies.
    package static func serve(input: borrowing OwnedDescriptor, output: borrowing OwnedDescriptor) {
        let sink = FileDescriptor(rawValue: output.rawValue)
        let reply: WorkerReply
        do throws(ProvisioningError) {
            let bytes = try below { () throws(FilesystemError) in try input.readToEnd(of: "standard input") }
            guard let request = try? JSONDecoder().decode(WorkerRequest.self, from: Data(bytes)) else {
                throw ProvisioningError(.worker("unknown request"))
            }
            reply = try DirectPerformer().perform(request) { send(.progress($0), to: sink) }
        } catch {
            reply = .failed(WorkerFailure(error))
        }
        send(.reply(reply), to: sink)
    }

    /// The caller's end. Closes `input` to mark the end of the request.
    package static func ask(
        _ request: WorkerRequest, input: consuming OwnedDescriptor, output: borrowing OwnedDescriptor,
        progress: (Int64) -> Void
    ) throws(ProvisioningError) -> WorkerReply {
        let data = (try? JSONEncoder().encode(request)) ?? Data()
        try below { () throws(FilesystemError) in try input.write(Array(data), to: "worker") }
        _ = consume input
        var lines = LineReader(output.rawValue)
        while let line = try below({ () throws(FilesystemError) in try lines.next() }) {
            switch try? JSONDecoder().decode(WorkerMessage.self, from: Data(line)) {
            case .progress(let count): progress(count)
            case .reply(.failed(let failure)): throw ProvisioningError(failure)
            case .reply(let reply): return reply
            case nil: throw ProvisioningError(.worker("invalid reply"))
            }
        }
        throw ProvisioningError(.worker("it exited without a reply"))
    }

    private static func send(_ message: WorkerMessage, to sink: FileDescriptor) {
        guard let data = try? JSONEncoder().encode(message) else { return }
        // The caller may be gone.
        _ = try? sink.writeAll(Array(data) + [UInt8(ascii: "\n")])
    }
}

/// Lines of a descriptor that somebody else owns.
private struct LineReader {
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var isAtEnd = false

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    mutating func next() throws(FilesystemError) -> [UInt8]? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...end) }
                return Array(buffer[..<end])
            }
            guard !isAtEnd else { return nil }
            var chunk = [UInt8](repeating: 0, count: 16 << 10)
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count < 0 {
                let error = Errno.last
                if error == .interrupted { continue }
                throw FilesystemError("read from", "worker", error)
            }
            isAtEnd = count == 0
            buffer.append(contentsOf: chunk[..<count])
        }
    }
}
