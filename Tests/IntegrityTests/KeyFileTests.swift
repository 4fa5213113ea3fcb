// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Integrity
import Processes
import SystemPackage
import Testing

@Suite struct KeyFileTests {
    @Test func aFingerprintIsFortyDigits() {
        let digits = "843938DF228D22F7B3742BC0D94AA3F0EFE21092"
        #expect(Fingerprint("8439 38df 228d 22f7 b374  2bc0 d94a a3f0 efe2 1092")?.hex == digits)
        #expect(Fingerprint(String(digits.suffix(16))) == nil)
        #expect(Fingerprint(digits + "00") == nil)
    }

    @Test func armorAndBinaryHoldTheSame() throws {
        try Signer.with { signer in
            let keys = [try signer.makeKey("a"), try signer.makeKey("b")]
            let armored = try signer.gpg(["--armor", "--export"] + keys.map(\.hex)).output
            let binary = try signer.gpg(["--export"] + keys.map(\.hex)).output
            let read = try KeyFile(armored, named: "keys")
            #expect(try read == KeyFile(binary, named: "keys"))
            #expect(try KeyFile(armored.flatMap { $0 == 10 ? [13, 10] : [$0] }, named: "keys") == read)
            #expect(keys.allSatisfy(read.mayHold))
            #expect(!read.mayHold(try #require(Fingerprint("843938DF228D22F7B3742BC0D94AA3F0EFE21092"))))
            // One digit of the middle: its checksum tells.
            var damaged = armored
            let middle = damaged.count / 2
            damaged[middle] = damaged[middle] == 0x41 ? 0x42 : 0x41
            for bad in [damaged, Array(armored.dropLast(30)), Array("<html>".utf8), []] {
                #expect(throws: IntegrityError.self) { try KeyFile(bad, named: "keys") }
            }
        }
    }

    @Test func theHostsKeyringsAreLookedThrough() throws {
        try Signer.with { signer in
            let (wanted, other) = (try signer.makeKey("wanted"), try signer.makeKey("other"))
            let directory = signer.scratch.appending("keyrings")
            try Directory.open(signer.scratch).makeDirectory("keyrings")
            let files: [(FilePath.Component, [UInt8])] = [
                ("a.gpg", try signer.gpg(["--export", other.hex]).output),
                ("b.asc", try signer.gpg(["--armor", "--export", wanted.hex]).output),
                ("c.gpg", Array("no keyring".utf8)), ("d.txt", try signer.gpg(["--export", wanted.hex]).output),
            ]
            for (name, bytes) in files { try AtomicFile.write(bytes, to: directory.appending(name)) }
            let found = KeyFile.onHost(holding: [wanted], in: [directory, signer.scratch.appending("missing")])
            #expect(found.map(\.name) == [directory.appending("b.asc").string])
        }
    }
}
