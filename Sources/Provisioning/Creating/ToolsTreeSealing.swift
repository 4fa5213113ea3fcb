// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import Filesystem
internal import Sandbox
internal import SystemPackage

/// The last step of making a tools tree.
extension Creation {
    /// Makes its programs find each other in roots, and writes down what state its files are in.
    func seal(
        _ staging: borrowing Staging, for subject: ToolsTrees.Subject, adding added: Set<String>
    ) throws(ProvisioningError) {
        let old = try ToolsTrees(cache).newest(of: subject).map { store.path(of: $0) }
        let compiled = CompiledCompilers(beside: staging.directory)
        // Else they are built anew by whoever wants them.
        if let old { try? compiled.take(from: CompiledCompilers(beside: old)) }
        // Before their paths are made over with those of all other programs.
        try compiled.install(in: staging.tree, for: subject.architecture)
        let seal = try below { () throws(AccelerationError) in
            try ToolsSeal(staging.tree, for: subject.architecture, adding: added)
        }
        var record = try below { () throws(AccelerationError) in try seal.apply() }
        try prove(seal, &record, staging)
        try below { () throws(FilesystemError) in try ToolsTrees.write(record, to: staging.directory) }
        // Else they are compared anew.
        if let old { try? CompilerAgreements.take(to: staging.directory, from: old, tree: staging.tree) }
        let manifest = staging.directory.appending(ToolsTrees.manifest)
        try below { () throws(FilesystemError) in
            try ToolsTrees.write(added: added, to: staging.directory)
            try TreeManifest(of: staging.tree).write(to: manifest)
        }
    }

    /// Has the loader of every program find its libraries as in a run, in a root without any.
    private func prove(
        _ seal: ToolsSeal, _ record: inout ToolsRecord, _ staging: borrowing Staging
    ) throws(ProvisioningError) {
        let proof = try below { () throws(AccelerationError) in try seal.proof() }
        guard !proof.isEmpty, let words = seal.command(LoaderProof.script) else {
            return proof.complete(&record, with: "", tree: staging.tree)
        }
        let (list, log) = (staging.directory.appending("list"), staging.directory.appending("proof"))
        let root = staging.directory.appending("empty")
        defer {
            if let directory = try? Directory.open(staging.directory) {
                for name: FilePath.Component in ["list", "proof"] { try? directory.unlink(name) }
                try? directory.removeTree("empty")
            }
        }
        try below { () throws(FilesystemError) in
            try AtomicFile.write(Array(proof.list.utf8), to: list)
            try root.makeDirectories()
        }
        let command = try TreeCommand(in: root, called: "tools", architecture: .host, caller: caller)
        let mounts = try below { () throws(AccelerationError) in try seal.mounts() }
        var plan = try command.plan(words, environment: [:])
        plan.steps += mounts.map {
            .bind(source: $0.source, target: $0.target, readOnly: true, optional: false)
        }
        _ = try command.perform(plan, input: list, log: log)
        let output = try below { () throws(FilesystemError) in try log.readFile() }
        proof.complete(&record, with: String(decoding: output, as: UTF8.self), tree: staging.tree)
    }
}
