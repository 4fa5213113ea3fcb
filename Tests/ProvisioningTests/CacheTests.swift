// SPDX-License-Identifier: Apache-2.0

import CLinux
import Filesystem
import Fixtures
import Glibc
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
            let names = ["2 packages of archives", "1 index of an archive", "1 log of a root that failed"]
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

    /// What was used last is kept, as far as it fits.
    @Test func aSizeIsPrunedTo() throws {
        try withScratchDirectory { scratch in
            let cache = Cache(scratch)
            try cache.bases.makeDirectories()
            let packages = cache.archives.appending("packages")
            try packages.makeDirectories()
            // Of 8 KiB each; the first was used longest ago.
            let files = [
                cache.bases.appending("sha256-00"), packages.appending("01.deb"), cache.bases.appending("sha256-02"),
            ]
            for (index, file) in files.enumerated() {
                try AtomicFile.write([UInt8](repeating: 1, count: 8192), to: file)
                let times = [timespec](repeating: timespec(tv_sec: 1_000_000 + index, tv_nsec: 0), count: 2)
                #expect(utimensat(AT_FDCWD, file.string, times, 0) == 0)
            }
            func prune(to size: Int64) throws -> [String] {
                try cache.prune(Cache.Pruning(maximumSize: size), dryRun: false, using: DirectPerformer()).map(\.name)
            }
            #expect(try prune(to: 24 << 10) == [])
            #expect(try prune(to: 20 << 10) == ["sha256-00"])
            #expect(try prune(to: 8 << 10) == ["1 package of an archive"])
            #expect(try prune(to: 0) == ["sha256-02"])
        }
    }

    /// A file that is another tree's, too, is not freed with one of them.
    @Test func whatIsSharedByHardLinksIsNotFreed() throws {
        try withScratchDirectory { scratch in
            for name in ["one", "other"] { try scratch.appending(name).makeDirectories() }
            let one = scratch.appending("one")
            for name in ["a", "b", "c"] {
                try AtomicFile.write([UInt8](repeating: 1, count: 8192), to: one.appending(name))
            }
            #expect(link(one.appending("a").string, scratch.appending("other/a").string) == 0)
            #expect(link(one.appending("b").string, one.appending("again").string) == 0)
            let usage = try DiskUsage(of: one)
            #expect(usage.shared == 8192)
            #expect(usage.bytes - (try Directory.open(one).status().allocated) == 3 * 8192)
        }
    }

    /// Nor is what a file elsewhere shares blocks with, where the file system lets files do that.
    @Test func whatIsSharedByReflinksIsNotFreed() throws {
        try withScratchDirectory { scratch in
            for name in ["one", "other"] { try scratch.appending(name).makeDirectories() }
            guard mg_has_reflinks(try Directory.open(scratch).rawValue) != 0 else { return }
            let one = scratch.appending("one")
            for name in ["a", "b"] {
                try AtomicFile.write([UInt8](repeating: 1, count: 64 << 10), to: one.appending(name))
            }
            #expect(try DiskUsage(of: one).shared == 0)
            let target = try OwnedDescriptor.open(
                scratch.appending("other/a"), .readWrite, options: [.create], permissions: [.ownerReadWrite])
            let source = try OwnedDescriptor.open(one.appending("a"), .readOnly)
            #expect(mg_copy_file_range(source.rawValue, target.rawValue, 0, 64 << 10) == 64 << 10)
            #expect(try DiskUsage(of: one).shared == 64 << 10)
        }
    }
}
