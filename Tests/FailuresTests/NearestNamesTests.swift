// SPDX-License-Identifier: Apache-2.0

import Failures
import Testing

@Suite struct NearestNamesTests {
    @Test(arguments: [
        ("ubunut", ["ubuntu"]), ("Debain", ["debian"]), ("alp", ["alpine"]), ("fedorra", ["fedora"]), ("zzz", []),
        ("", []),
    ])
    func findsWhatWasMeant(name: String, nearest: [String]) {
        #expect(NearestNames.of(name, among: ["ubuntu", "debian", "alpine", "fedora", "void"]) == nearest)
    }

    @Test func namesEachOnceAndTheFirstGivenFirst() {
        #expect(NearestNames.of("24.05", among: ["24.10", "24.06", "24.04", "24.06"]) == ["24.06", "24.04"])
    }

    @Test func asksAboutIt() {
        #expect(NearestNames.question("xem", among: ["xen", "xem2"]) == "did you mean \"xem2\" or \"xen\"?")
        #expect(NearestNames.question("far", among: ["xen"]) == nil)
    }
}
