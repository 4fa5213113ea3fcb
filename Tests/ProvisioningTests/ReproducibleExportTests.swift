// SPDX-License-Identifier: Apache-2.0

import Extraction
import Testing

@testable import Provisioning

@Suite struct ReproducibleExportTests {
    /// 2020-11-21T00:53:02Z, day 18587.
    private let export = ReproducibleExport(newestTime: 1_605_919_982)

    @Test(arguments: [
        ("root:*:20000:0:99999:7:::\n", "root:*:18587:0:99999:7:::\n"),
        ("root:*:18587:0:99999:7:::\n", "root:*:18587:0:99999:7:::\n"),
        ("a:$y$j9T$x:18000:0:99999:7:::\nb:!:20421::::::\n", "a:$y$j9T$x:18000:0:99999:7:::\nb:!:18587::::::\n"),
        // Who has to change it, and who never did.
        ("a:*:0:::::\nb:*::::::\n", "a:*:0:::::\nb:*::::::\n"),
        ("no shadow\n\n:::\nx:y", "no shadow\n\n:::\nx:y"), ("", ""),
    ])
    func noPasswordIsNewerThanTheRest(was: String, becomes: String) {
        #expect(String(decoding: export.shadow(Array(was.utf8)), as: UTF8.self) == becomes)
    }

    /// Of a pattern that matches nothing any more nobody would hear.
    @Test func thePatternsArePathsBelowTheRoot() {
        let reproduction = export.reproduction
        for pattern in reproduction.omitted + reproduction.omittedFiles + reproduction.emptiedFiles {
            #expect(!pattern.hasPrefix("/") && !pattern.hasSuffix("/") && !pattern.contains("//"), "\(pattern)")
        }
    }
}
