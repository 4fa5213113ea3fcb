// SPDX-License-Identifier: Apache-2.0

import Failures
import PackageArchive
import Testing

struct ReleaseTests {
    static let digest = String(repeating: "ab", count: 32)
    static let text = """
        Origin: Debian
        Suite: stable-security
        Codename: trixie-security
        Date: Sat, 12 Sep 2026 07:55:41 UTC
        Valid-Until: Sat, 19 Sep 2026 07:55:41 UTC
        Acquire-By-Hash: yes
        Architectures: all amd64 arm64
        Components: updates/main updates/contrib
        MD5Sum:
         00000000000000000000000000000000 12 main/binary-arm64/Packages
        SHA256:
         \(digest) 1200 main/binary-arm64/Packages
         \(digest)  300 main/binary-arm64/Packages.gz
         \(digest.uppercased()) 200 main/binary-arm64/Packages.xz
         \(digest) 999 main/Contents-arm64.gz
        """

    @Test func fieldsAndIndicesAreRead() throws {
        let release = try Release(parsing: Self.text, name: "InRelease")
        #expect(release.codename == "trixie-security")
        #expect(release.date == 1_789_199_741)
        #expect(release.offersByHash)
        #expect(release.pin == 500)
        let index = try release.packageIndex(component: "main", architecture: "arm64")
        #expect(index.forms.map(\.path) == [".xz", ".gz", ""].map { "main/binary-arm64/Packages\($0)" })
        #expect(index.forms.allSatisfy { $0.sha256 == Self.digest })
        #expect(index.plain?.size == 1200)
    }

    @Test func anExpiredOneIsRefused() throws {
        let release = try Release(parsing: Self.text, name: "InRelease")
        #expect { try release.checkValidity(at: 1_789_804_542 + 3 * 86400) } throws: {
            let error = $0 as? PackageArchiveError
            return error?.kind == .expired && error?.status == .badData && error?.cause?.contains("3 days") == true
        }
        try release.checkValidity(at: 1_789_804_541)
    }

    @Test func oneThatWasMadeLaterIsNotOfTheMoment() throws {
        let release = try Release(parsing: Self.text, name: "InRelease")
        try release.checkMade(before: 1_789_199_741)
        #expect { try release.checkMade(before: 1_789_199_740) } throws: {
            let error = $0 as? PackageArchiveError
            return error?.status == .badData && error?.cause?.contains("1 minute later") == true
        }
    }

    @Test func whatIsNotOfferedIsSaidWithWhatIs() throws {
        let release = try Release(parsing: Self.text, name: "InRelease")
        #expect { try release.packageIndex(component: "main", architecture: "riscv64") } throws: {
            ($0 as? PackageArchiveError)?.cause == "it has all, amd64, arm64"
        }
        #expect { try release.packageIndex(component: "universe", architecture: "arm64") } throws: {
            ($0 as? PackageArchiveError)?.cause == "it has main, contrib"
        }
    }

    @Test func suitesThatAreNotAutomaticCountLess() throws {
        let manual = try Release(parsing: "NotAutomatic: yes\n" + Self.text, name: "Release")
        #expect(manual.pin == 1)
        let backports = try Release(
            parsing: "NotAutomatic: yes\nButAutomaticUpgrades: yes\n" + Self.text, name: "Release")
        #expect(backports.pin == 100)
    }

    /// 3600 times as many seconds are more than 64 bits hold.
    @Test(arguments: ["9223372036854775807:00:00", "00:-9223372036854775808:00", "00:00:100"])
    func aTimeThatIsNoneIsRefused(time: String) {
        let text = Self.text.replacing("19 Sep 2026 07:55:41", with: "19 Sep 2026 \(time)")
        #expect(throws: PackageArchiveError.self) { try Release(parsing: text, name: "Release") }
    }

    @Test(arguments: ["", "Suite: stable\n", "SHA256:\n 00 12 main/binary-arm64/Packages\n", "<html></html>"])
    func whatListsNoDigestsIsRefused(_ text: String) {
        #expect { try Release(parsing: text, name: "Release") } throws: {
            ($0 as? PackageArchiveError)?.kind == .malformed
        }
    }
}
