// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Failures
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct WorkerConnectionTests {
    /// What a worker answers to `request`, through pipes as between processes.
    private func ask(_ request: WorkerRequest) throws -> WorkerReply {
        let toWorker = try Self.pipe()
        let fromWorker = try Self.pipe()
        // A thread of its own: the test blocks its one until the answer is there.
        DispatchQueue.global().async {
            WorkerConnection.serve(
                input: OwnedDescriptor(adopting: toWorker.readEnd),
                output: OwnedDescriptor(adopting: fromWorker.writeEnd))
        }
        return try WorkerConnection.ask(
            request, input: OwnedDescriptor(adopting: toWorker.writeEnd),
            output: OwnedDescriptor(adopting: fromWorker.readEnd)
        ) { _ in }
    }

    /// Not for children that other tests start.
    private static func pipe() throws -> (readEnd: FileDescriptor, writeEnd: FileDescriptor) {
        let ends = try FileDescriptor.pipe()
        for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        return ends
    }

    @Test func aRequestIsPerformedAndAnswered() throws {
        try withScratchDirectory { scratch in
            try Directory.open(scratch).makeDirectory("tree")
            try AtomicFile.write([1, 2, 3], to: scratch.appending("tree/file"))
            guard case .measured(let usage) = try ask(.measure(path: scratch.string)) else {
                Issue.record("another reply")
                return
            }
            #expect(usage.files == 3)
            #expect(try ask(.remove(.init(directory: scratch.string, name: "tree"))) == .done)
            #expect(try Directory.open(scratch).names() == [])
        }
    }

    @Test func aFailureComesBackWithItsReasonAndStatus() throws {
        try withScratchDirectory { scratch in
            let path = scratch.appending("missing")
            let error = #expect(throws: ProvisioningError.self) {
                try ask(.remove(.init(directory: path.string, name: "..")))
            }
            #expect(error?.problem == "cannot delete \(path)/..")
            let missing = #expect(throws: ProvisioningError.self) { try ask(.measure(path: path.string)) }
            #expect(missing?.status == .cannotCreate)
            #expect(missing?.cause == "No such file or directory")
        }
    }

    @Test func aDirectoryThatIsAnotherOneStays() throws {
        try withScratchDirectory { scratch in
            let top = try Directory.open(scratch)
            try top.makeDirectory("tree")
            let other = FileIdentity(inode: 1, born: 1)
            #expect(try ask(.remove(.init(directory: scratch.string, name: "tree", only: other))) == .done)
            #expect(try top.names() == ["tree"])
        }
    }
}
