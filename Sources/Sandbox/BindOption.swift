// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// `--bind SRC[:DST[:ro]]`.
package struct BindOption: Hashable, Sendable {
    package let source: FilePath
    package let target: FilePath
    package let isReadOnly: Bool

    package init(source: FilePath, target: FilePath, isReadOnly: Bool = false) {
        (self.source, self.target, self.isReadOnly) = (source, target, isReadOnly)
    }

    /// A relative source is taken from `directory`. Throws for anything that is not of that form.
    package init(parsing text: String, relativeTo directory: FilePath) throws(SandboxError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), !parts.contains("") else {
            throw SandboxError(.invalidBind("expected SRC, SRC:DST or SRC:DST:ro"), text)
        }
        source = directory.pushing(FilePath(parts[0])).lexicallyNormalized()
        target = parts.count > 1 ? FilePath(parts[1]).lexicallyNormalized() : source
        guard target.isAbsolute else {
            throw SandboxError(.invalidBind("the path in the root must be absolute"), text)
        }
        guard target != "/" else {
            throw SandboxError(.invalidBind("it would replace the root; try --bind /:/host"), text)
        }
        guard parts.count < 3 || ["ro", "rw"].contains(parts[2]) else {
            throw SandboxError(.invalidBind("\(parts[2]) is neither ro nor rw"), text)
        }
        isReadOnly = parts.count == 3 && parts[2] == "ro"
    }

    package var step: MountStep {
        .bind(source: source, target: target, readOnly: isReadOnly, optional: false)
    }
}
