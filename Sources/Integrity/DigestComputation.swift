// SPDX-License-Identifier: Apache-2.0

internal import CCrypto
package import Filesystem
internal import Glibc
package import SystemPackage

/// A digest in the making: bytes are fed to it as they come (EVP_DigestInit(3)).
@safe package struct DigestComputation: ~Copyable {
    private let context: OpaquePointer
    private let algorithm: Digest.Algorithm

    /// Throws where libcrypto refuses the algorithm.
    package init(_ algorithm: Digest.Algorithm) throws(IntegrityError) {
        let function = unsafe algorithm == .sha256 ? EVP_sha256() : EVP_sha512()
        guard let context = unsafe EVP_MD_CTX_new() else { throw IntegrityError(.libraryFailed, algorithm.title) }
        guard unsafe EVP_DigestInit_ex(context, function, nil) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            throw IntegrityError(.libraryFailed, algorithm.title)
        }
        unsafe self.context = unsafe context
        self.algorithm = algorithm
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        _ = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    package mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    package consuming func finish() -> Digest {
        var bytes = [UInt8](repeating: 0, count: algorithm.count)
        _ = unsafe EVP_DigestFinal_ex(context, &bytes, nil)
        return Digest(algorithm, bytes: bytes)
    }
}

extension Digest {
    package static func of(_ bytes: [UInt8], _ algorithm: Algorithm = .sha256) throws(IntegrityError) -> Digest {
        var computation = try DigestComputation(algorithm)
        computation.update(bytes)
        return computation.finish()
    }

    /// Of the whole file, wherever its offset is; the offset stays. `path` serves messages.
    package static func of(
        _ file: borrowing OwnedDescriptor, at path: FilePath, _ algorithm: Algorithm = .sha256
    ) throws(IntegrityError) -> Digest {
        var computation = try DigestComputation(algorithm)
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        var offset: off_t = 0
        while true {
            let count = unsafe pread(file.rawValue, &chunk, chunk.count, offset)
            let error = Errno.last
            if count == 0 { return computation.finish() }
            if count < 0, error == .interrupted { continue }
            if count < 0 { throw IntegrityError(FilesystemError("read", path, error)) }
            unsafe chunk.withUnsafeBytes { unsafe computation.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            offset += off_t(count)
        }
    }

    package static func of(
        fileAt path: FilePath, _ algorithm: Algorithm = .sha256
    ) throws(IntegrityError) -> Digest {
        let file = try IntegrityError.onFile { () throws(FilesystemError) in try OwnedDescriptor.open(path, .readOnly) }
        return try of(file, at: path, algorithm)
    }

    /// Throws `digestMismatch`, naming `subject` (a URL, or the path), where the file's digest is another one.
    package func verify(
        _ file: borrowing OwnedDescriptor, at path: FilePath, named subject: String? = nil
    ) throws(IntegrityError) {
        let found = try Self.of(file, at: path, algorithm)
        guard found == self else {
            throw IntegrityError(.digestMismatch(expected: self, found: found), subject ?? path.string)
        }
    }
}
