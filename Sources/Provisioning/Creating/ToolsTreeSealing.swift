// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import Filesystem
internal import SystemPackage

/// The last step of making a tools tree.
extension Creation {
    /// Makes its programs find each other in roots, and writes down what state its files are in.
    func seal(
        _ staging: borrowing Staging, for subject: ToolsTrees.Subject, adding added: Set<String>
    ) throws(ProvisioningError) {
        try relocate(staging.tree, for: subject)
        if let old = try ToolsTrees(cache).newest(of: subject) {
            // Else they are compared anew.
            try? CompilerAgreements.take(
                to: staging.directory, from: store.path(of: old), tree: staging.tree)
        }
        let manifest = staging.directory.appending(ToolsTrees.manifest)
        try below { () throws(FilesystemError) in
            try ToolsTrees.write(added: added, to: staging.directory)
            try TreeManifest(of: staging.tree).write(to: manifest)
        }
    }

    /// Has its programs find their libraries, each other, and what they need of the root.
    private func relocate(_ tree: FilePath, for subject: ToolsTrees.Subject) throws(ProvisioningError) {
        try below { () throws(AccelerationError) in
            let relocation = ToolsRelocation(host: .host)
            try relocation.apply(to: tree)
            try relocation.tellMusl(in: tree)
            try CompilerRelocation(target: subject.architecture).apply(to: tree)
            let eligibility = try Eligibility.builtIn()
            let name = ArchitectureName(host: .host, root: subject.architecture)
            let machine = MachineName(host: .host, root: subject.architecture)
            for packages in [eligibility.dpkg, eligibility.apk] {
                try name.replace(in: tree, packages)
                try machine.replace(in: tree, packages)
            }
        }
    }
}
