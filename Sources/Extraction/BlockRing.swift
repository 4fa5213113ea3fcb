// SPDX-License-Identifier: Apache-2.0

/// A ring of memory blocks between one thread that fills them and one that empties them.
///
/// It bounds what the filling thread may be ahead, and so the memory.
@safe final class BlockRing: @unchecked Sendable {
    private static let blockSize = 512 << 10
    private let blockCount: Int

    private let monitor = Monitor()
    private let memory: UnsafeMutableRawBufferPointer

    // Guarded by the monitor.
    private var counts: [Int]
    private var filled = 0
    private var emptied = 0
    private var finished = false
    private var failure: ExtractionError?
    private var cancelled = false

    // The emptying thread's own.
    private var holding = false

    /// `blocks` of 512 KiB each.
    init(blocks: Int = 6) {
        blockCount = blocks
        counts = [Int](repeating: 0, count: blocks)
        unsafe memory = .allocate(byteCount: Self.blockSize * blocks, alignment: 4096)
    }

    deinit { unsafe memory.deallocate() }

    private func block(_ index: Int) -> UnsafeMutableRawBufferPointer {
        let start = index % blockCount * Self.blockSize
        return unsafe UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + Self.blockSize])
    }

    // MARK: Filling

    /// Decodes all of `decoder` into the ring, until its end, its failure, or `cancel()`.
    func fill(from decoder: any Decoder) {
        do throws(ExtractionError) {
            while true {
                let index = monitor.locked { () -> Int? in
                    monitor.wait { filled - emptied == blockCount && !cancelled }
                    return cancelled ? nil : filled
                }
                guard let index else { return }
                let count = try unsafe decoder.decode(into: block(index))
                if count == 0 { return finish(nil) }
                monitor.locked {
                    counts[index % blockCount] = count
                    filled += 1
                    monitor.notify()
                }
            }
        } catch {
            finish(error)
        }
    }

    /// Ends the stream, normally or because of `failure`.
    func finish(_ failure: ExtractionError?) {
        monitor.locked {
            finished = true
            self.failure = failure
            monitor.notify()
        }
    }

    // MARK: Emptying

    /// The next block, valid until the next call; empty at the end. Throws the filling thread's error.
    func next() throws(ExtractionError) -> UnsafeRawBufferPointer {
        let (bytes, failure) = unsafe monitor.locked { () -> (UnsafeRawBufferPointer, ExtractionError?) in
            if holding {
                emptied += 1
                holding = false
                monitor.notify()
            }
            monitor.wait { filled == emptied && !finished }
            guard filled > emptied else {
                return unsafe (UnsafeRawBufferPointer(start: nil, count: 0), self.failure)
            }
            holding = true
            let count = counts[emptied % blockCount]
            return unsafe (UnsafeRawBufferPointer(rebasing: block(emptied)[..<count]), nil)
        }
        if let failure { throw failure }
        return unsafe bytes
    }

    /// Nothing more will be taken: the filling thread stops.
    func cancel() {
        monitor.locked {
            cancelled = true
            monitor.notify()
        }
    }
}
