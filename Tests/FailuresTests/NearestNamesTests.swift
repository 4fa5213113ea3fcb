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

    @Test func asksAboutIt() {
        #expect(NearestNames.question("xem", among: ["xen", "xem2"]) == "did you mean \"xem2\" or \"xen\"?")
        #expect(NearestNames.question("far", among: ["xen"]) == nil)
    }
}
