// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct CacheTests {
    @Test func whatIsBeingDownloadedIsNotPruned() throws {
        try withScratchDirectory { scratch in
            let cache = Cache(scratch)
            #expect(try cache.entries(using: DirectPerformer()) == [])
            try cache.bases.makeDirectories()
            for file in ["sha256-00", "sha256-01", ".sha256-02.partial"] {
                try AtomicFile.write([1], to: cache.bases.appending(file))
            }
            try cache.write(.init(name: "base.tar.gz", url: "https://example.org/base.tar.gz"), of: "sha256-00")
            #expect(
                try cache.entries(using: DirectPerformer()).map(\.name) == [
                    "base.tar.gz", "sha256-01", "sha256-02 (unfinished)",
                ])
            let busy = try FileLock.acquire(cache.bases.appending(".sha256-02.lock"), .exclusive, wait: false)
            #expect(try cache.prune(Cache.Pruning(olderThan: 1), dryRun: false, using: DirectPerformer()) == [])
            #expect(try cache.prune(Cache.Pruning(olderThan: 0), dryRun: true, using: DirectPerformer()).count == 2)
            #expect(try cache.prune(Cache.Pruning(olderThan: 0), dryRun: false, using: DirectPerformer()).count == 2)
            #expect(try cache.entries(using: DirectPerformer()).map(\.name) == ["sha256-02 (unfinished)"])
            #expect(try Directory.open(cache.bases).names().count == 2)
            withExtendedLifetime(busy.rawValue) {}
        }
    }

    @Test func whatArchivesGaveIsPrunedUnlessItIsInUse() throws {
        try withScratchDirectory { scratch in
            let cache = Cache(scratch)
            for path in ["archives/packages/00.deb", "archives/packages/01.deb", "archives/indices/02", "logs/a.log"] {
                let path = scratch.pushing(FilePath(path))
                try path.removingLastComponent().makeDirectories()
                try AtomicFile.write([1], to: path)
            }
            let names = ["2 packages of archives", "1 indices of archives", "1 logs of roots that failed"]
            #expect(try cache.entries(using: DirectPerformer()).map(\.name) == names)
            #expect(try cache.prune(Cache.Pruning(olderThan: 1), dryRun: false, using: DirectPerformer()) == [])
            do {
                let use = try cache.useArchives()
                #expect(try cache.prune(Cache.Pruning(olderThan: 0), dryRun: false, using: DirectPerformer()) == [])
                withExtendedLifetime(use.rawValue) {}
            }
            #expect(
                try cache.prune(Cache.Pruning(olderThan: 0), dryRun: true, using: DirectPerformer()).map(\.name)
                    == names)
            #expect(
                try cache.prune(Cache.Pruning(olderThan: 0), dryRun: false, using: DirectPerformer()).map(\.name)
                    == names)
            #expect(try cache.entries(using: DirectPerformer()) == [])
        }
    }
}
