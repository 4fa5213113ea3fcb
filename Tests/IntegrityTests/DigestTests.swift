// SPDX-License-Identifier: Apache-2.0

import Failures
import Filesystem
import Fixtures
import Integrity
import SystemPackage
import Testing

@Suite struct DigestTests {
    private let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    /// The examples of FIPS 180-4.
    @Test func knownDigestsComeOut() throws {
        #expect(try Digest.of(Array("abc".utf8)).hex == abc)
        #expect(
            try Digest.of(Array("abc".utf8), .sha512).hex
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
        var pieces = try DigestComputation(.sha256)
        pieces.update(Array("a".utf8))
        pieces.update([])
        pieces.update(Array("bc".utf8))
        #expect(pieces.finish().hex == abc)
    }

    @Test func aDigestIsReadInEitherCaseAndNothingElseIsOne() {
        #expect(Digest(hex: abc.uppercased())?.hex == abc)
        #expect(Digest(hex: abc)?.description == "sha256:" + abc)
        #expect(Digest(hex: abc + abc)?.algorithm == .sha512)
        #expect(Digest(parsing: "sha256:" + abc)?.hex == abc)
        for text in [abc, "sha512:" + abc, "sha256:" + abc + ":", "sha256:../" + abc, "md5:00", ""] {
            #expect(Digest(parsing: text) == nil)
        }
        #expect(Digest(.sha512, hex: abc) == nil)
        #expect(Digest(hex: abc.dropLast()) == nil)
        #expect(Digest(hex: abc.dropLast() + "g") == nil)
    }

    @Test func aWrongFileIsNamedWithBothDigests() throws {
        try withScratchDirectory { scratch in
            let path = scratch.appending("base.tar.gz")
            // Longer than what is read at once.
            try AtomicFile.write([UInt8](repeating: 7, count: 300_000), to: path)
            let right = try Digest.of(fileAt: path)
            #expect(try right == Digest.of([UInt8](repeating: 7, count: 300_000)))
            let file = try OwnedDescriptor.open(path, .readOnly)
            try right.verify(file, at: path)
            let expected = try #require(Digest(hex: abc))
            let error = try #require(throws: IntegrityError.self) { try expected.verify(file, at: path) }
            #expect(error.problem.contains("base.tar.gz"))
            #expect(error.cause == "expected \(abc), found \(right.hex)")
            #expect(error.status == .badData)
        }
    }
}
