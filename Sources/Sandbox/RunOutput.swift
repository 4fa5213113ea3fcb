// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The output of a run for its caller: the reading end of a pipe, and a receiver.
package struct RunOutput {
    let descriptor: CInt
    private let receive: ([UInt8]) -> Void

    /// `descriptor` stays the caller's. Of the writing end only the run may have copies once it has begun.
    package init(_ descriptor: CInt, receive: @escaping ([UInt8]) -> Void) {
        (self.descriptor, self.receive) = (descriptor, receive)
    }

    /// Passes on available output. Blocks if there is none. False at the end.
    func pass() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = unsafe read(descriptor, &chunk, chunk.count)
        if count > 0 { receive(Array(chunk[..<count])) }
        return count > 0 || count < 0 && errno == EINTR
    }
}
