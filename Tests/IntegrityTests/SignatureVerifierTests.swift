// SPDX-License-Identifier: Apache-2.0

import Failures
import Filesystem
import Fixtures
import Integrity
import Processes
import SystemPackage
import Testing

@Suite struct SignatureVerifierTests {
    private let sums = "0123  base.tar.gz\n- dashed\n"

    @Test func aDetachedSignatureByThePinnedKeyIsGood() throws {
        try Signer.with { signer in
            let (pinned, other) = (try signer.makeKey("pinned"), try signer.makeKey("other"))
            for armored in [false, true] {
                let keys = [try signer.export([other, pinned], armored: armored)]
                let verifier = SignatureVerifier(pinned: [pinned], keys: keys)
                let signature = try signer.detached(sums, by: [pinned])
                let verified = try verifier.verify(signature, of: Array(sums.utf8), named: "sums")
                #expect(verified.fingerprint == pinned)
                #expect(verified.signingKey == pinned)
                #expect(verified.created > 1_700_000_000)
                expect(.badSignature) {
                    try verifier.verify(signature, of: Array((sums + " ").utf8), named: "sums")
                }
            }
        }
    }

    @Test func aFileIsVerifiedThroughItsDescriptor() throws {
        try Signer.with { signer in
            let pinned = try signer.makeKey("pinned")
            let verifier = SignatureVerifier(pinned: [pinned], keys: [try signer.export([pinned])])
            let signature = try signer.detached(sums, by: [pinned])
            let file = try OwnedDescriptor.open(signer.scratch.appending("content"), .readOnly)
            #expect(try verifier.verify(signature, of: file, named: "sums").fingerprint == pinned)
        }
    }

    @Test func aGoodSignatureByAnotherKeyOfTheSameKeyringIsRefused() throws {
        try Signer.with { signer in
            let (pinned, other) = (try signer.makeKey("pinned"), try signer.makeKey("other"))
            let signature = try signer.detached(sums, by: [other])
            let both = SignatureVerifier(pinned: [pinned], keys: [try signer.export([pinned, other])])
            expect(.keyNotPinned(other.hex, pinned: [pinned])) {
                try both.verify(signature, of: Array(sums.utf8), named: "sums")
            }
            // The key itself is unknown: still told by its fingerprint.
            let one = SignatureVerifier(pinned: [pinned], keys: [try signer.export([pinned])])
            expect(.keyNotPinned(other.hex, pinned: [pinned])) {
                try one.verify(signature, of: Array(sums.utf8), named: "sums")
            }
            let none = SignatureVerifier(pinned: [pinned], keys: [try signer.export([other])])
            expect(.noKey(pinned: [pinned])) { try none.verify(signature, of: Array(sums.utf8), named: "sums") }
        }
    }

    @Test func ofAClearsignedDocumentOnlyTheSignedTextIsReturned() throws {
        try Signer.with { signer in
            let (pinned, next) = (try signer.makeKey("pinned"), try signer.makeKey("next"))
            let verifier = SignatureVerifier(pinned: [pinned], keys: [try signer.export([pinned])])
            // Archives are signed with a key that this host may not know yet, too.
            let document = try signer.clearsigned(sums, by: [next, pinned])
            let verified = try verifier.verifyClearsigned(document, named: "InRelease")
            #expect(String(decoding: verified.text, as: UTF8.self) == sums)
            #expect(verified.signature.fingerprint == pinned)
            let appended = document + Array("\nffff  evil.tar.gz\n".utf8)
            if let text = try? verifier.verifyClearsigned(appended, named: "InRelease").text {
                #expect(String(decoding: text, as: UTF8.self) == sums)
            }
            let tampered = String(decoding: document, as: UTF8.self).split(separator: "0123").joined(separator: "4567")
            expect(.badSignature) { try verifier.verifyClearsigned(Array(tampered.utf8), named: "InRelease") }
            expect(.noSignature) { try verifier.verifyClearsigned(Array("x\n".utf8) + document, named: "InRelease") }
            expect(.noSignature) { try verifier.verifyClearsigned(document + document, named: "InRelease") }
        }
    }

    @Test func whatIsLongerThanAPipeAndAMebibyteComesBackWhole() throws {
        try Signer.with { signer in
            let pinned = try signer.makeKey("pinned")
            let verifier = SignatureVerifier(pinned: [pinned], keys: [try signer.export([pinned])])
            let long = (0..<60_000).map { "\($0) a line of a long index\n" }.joined()
            let document = try signer.sign(
                long, ["--clearsign"], [pinned])
            #expect(try verifier.verifyClearsigned(document, named: "InRelease").text.count == long.utf8.count)
        }
    }

    @Test func somethingElseThanASignatureIsNone() throws {
        try Signer.with { signer in
            let pinned = try signer.makeKey("pinned")
            let verifier = SignatureVerifier(pinned: [pinned], keys: [try signer.export([pinned])])
            for text in ["", "<html>404</html>\n"] {
                expect(.noSignature) { try verifier.verify(Array(text.utf8), of: Array(sums.utf8), named: "sums.gpg") }
            }
            // A whole signed message says nothing of the file beside it.
            let message = try signer.sign(sums, ["--sign"], [pinned])
            expect(.noSignature) { try verifier.verify(message, of: Array("other".utf8), named: "sums.gpg") }
        }
    }

    @Test func anExpiredKeyIsNoKey() throws {
        try Signer.with { signer in
            let time = "20200101T000000"
            let pinned = try signer.makeKey("pinned", expire: "1d", at: time)
            let signature = try signer.detached(sums, by: [pinned], options: ["--faked-system-time", time])
            let verifier = SignatureVerifier(pinned: [pinned], keys: [try signer.export([pinned])])
            expect(.keyExpired(pinned.hex)) { try verifier.verify(signature, of: Array(sums.utf8), named: "sums") }
        }
    }

    @Test func anExpiredSignatureIsRefused() throws {
        try Signer.with { signer in
            let pinned = try signer.makeKey("pinned", at: "20200101T000000")
            let signature = try signer.detached(
                sums, by: [pinned], options: ["--faked-system-time", "20200102T000000", "--default-sig-expire", "1d"])
            let verifier = SignatureVerifier(pinned: [pinned], keys: [try signer.export([pinned])])
            expect(.signatureExpired) { try verifier.verify(signature, of: Array(sums.utf8), named: "sums") }
        }
    }

    /// Two contents with the same SHA-1 can be made: whoever signs one has signed the other.
    @Test(arguments: [("SHA1", "SHA-1"), ("RIPEMD160", "RIPEMD-160")])
    func aSignatureOverADigestThatCanBeForgedIsRefused(digest: String, name: String) throws {
        try Signer.with { signer in
            let (pinned, other) = (try signer.makeKey("pinned", kind: "rsa2048"), try signer.makeKey("other"))
            let verifier = SignatureVerifier(pinned: [pinned], keys: [try signer.export([pinned, other])])
            let weak = ["--digest-algo", digest]
            let signature = try signer.detached(sums, by: [pinned], options: weak)
            expect(.weakDigest(name)) { try verifier.verify(signature, of: Array(sums.utf8), named: "sums") }
            let document = try signer.sign(sums, weak + ["--clearsign"], [pinned])
            expect(.weakDigest(name)) { try verifier.verifyClearsigned(document, named: "InRelease") }
            let strong = try signer.detached(sums, by: [pinned], options: ["--digest-algo", "SHA256"])
            #expect(try verifier.verify(strong, of: Array(sums.utf8), named: "sums").fingerprint == pinned)
        }
    }

    @Test func withoutGpgvTheRemedyIsACommand() throws {
        try Signer.with { signer in
            let pinned = try signer.makeKey("pinned")
            let verifier = SignatureVerifier(pinned: [pinned], keys: [try signer.export([pinned])], program: nil)
            let error = try #require(throws: IntegrityError.self) { try verifier.verify([], of: [UInt8](), named: "x") }
            #expect(error.code == .verifierMissing)
            #expect(error.status == .badConfiguration)
            #expect(error.remedy?.contains("apt-get install gpgv") == true)
        }
    }

    private func expect<Result>(
        _ code: IntegrityError.Code, _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Result
    ) {
        let error = #expect(throws: IntegrityError.self, sourceLocation: location) { _ = try body() }
        #expect(error?.code == code, sourceLocation: location)
    }
}
