// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// What has to wait until everything in a copy is made: further names of files, and what directories get.
extension CopiedFiles {
    /// `target` is the top of the copy.
    func finish(_ target: CInt) throws(ExtractionError) {
        var parents = ParentCache(root: target, linkedParents: .beneath)
        for link in queue.links { try make(link, &parents) }
        try queue.directories.forEach { (name, values) throws(ExtractionError) in
            let parent = try parent(of: name, &parents)
            let directory = unsafe name.withLast {
                unsafe openat(parent, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
            guard directory >= 0 else { throw failed("open", name) }
            defer { _ = close(directory) }
            try give(directory, name, values)
        }
    }

    private func make(_ link: CopyQueue.Link, _ parents: inout ParentCache) throws(ExtractionError) {
        // A descriptor of its own: looking for the other parent may close this one.
        let source = fcntl(try parent(of: link.target, &parents), F_DUPFD_CLOEXEC, 0)
        guard source >= 0 else { throw failed("open", link.target) }
        defer { _ = close(source) }
        let parent = try parent(of: link.name, &parents)
        let result = unsafe link.target.withLast { target in
            unsafe link.name.withLast { unsafe linkat(source, target, parent, $0, 0) }
        }
        // The first name was gone before it could be copied.
        if result != 0 { try requireGone(.last, link.name) }
    }

    private func parent(of name: EntryName, _ parents: inout ParentCache) throws(ExtractionError) -> CInt {
        do throws(ParentCache.Refusal) {
            return try parents.parent(of: name, create: false)
        } catch {
            switch error {
            case .hostile: throw failed("open the directory of", name, .invalidArgument)
            case .failed(let errno): throw failed("open the directory of", name, errno)
            }
        }
    }
}
