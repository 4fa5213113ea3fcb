// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Processes
package import SystemPackage

/// skopeo(1), which transports images, with the credentials, mirrors and policy that containers-image finds in the
/// user's and the system's files.
package struct Skopeo: Sendable {
    private let program: FilePath
    /// All of the caller's: the files are looked for below HOME and XDG_RUNTIME_DIR, proxies are variables, too.
    private let environment: [String]

    /// Throws where there is none. `image`: what it is wanted for.
    package init(for image: String, environment: [String: String]) throws(ImageError) {
        guard let program = ChildProcess.find("skopeo") else {
            throw ImageError(.programMissing(install: Self.installCommand), image)
        }
        self.program = program
        self.environment = environment.map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// All distributions call the package that.
    package static var installCommand: String { "\(OSRelease.host.installer ?? "install") skopeo" }

    /// The bytes of the manifest or index that `source` is now.
    func manifest(of source: ImageSource) throws(ImageError) -> [UInt8] {
        try run(["inspect", "--raw", source.transportName], for: source, limit: 8 << 20).output
    }

    /// Copies the image of `platform` from `source` into `layout`, a directory that is not there yet, its blobs to `blobs`, where
    /// those that are there already are not fetched again.
    func copy(
        _ source: ImageSource, for platform: Descriptor.Platform, to layout: FilePath, blobs: FilePath
    ) throws(ImageError) {
        let variant = platform.variant.map { ["--override-variant", $0] } ?? []
        let options = ["--override-os", platform.os, "--override-arch", platform.architecture] + variant
        _ = try run(
            options + [
                "copy", "--quiet", "--remove-signatures", "--dest-oci-accept-uncompressed-layers",
                "--dest-shared-blob-dir", blobs.string, source.transportName, "oci:\(layout):\(ImageStore.tag)",
            ], for: source, isFile: source.path != nil)
    }

    /// The same of what is of no platform, with all that belongs to it in `layout`.
    func copy(_ source: ImageSource, to layout: FilePath, tag: String) throws(ImageError) {
        _ = try run(
            ["copy", "--quiet", "--remove-signatures", source.transportName, "oci:\(layout):\(tag)"], for: source)
    }

    /// Copies the image tagged `tag` from the directory `layout` to `target`. `signer`: the key of gpg(1) to sign it with.
    package func push(
        _ layout: FilePath, tag: String, to target: ImageSource, signer: String? = nil
    ) throws(ImageError) {
        if let signer { try tryKey(signer, on: layout.appending(ImageLayout.index), for: target) }
        let signing = signer.map { ["--sign-by", $0] } ?? []
        // The policy is for what comes from elsewhere, and this is the caller's own.
        _ = try run(
            ["--insecure-policy", "copy", "--quiet"] + signing + ["oci:\(layout):\(tag)", target.transportName],
            for: target)
    }

    /// Tests that a key can sign before anything is pushed: skopeo signs after the manifest has been uploaded.
    private func tryKey(_ signer: String, on file: FilePath, for target: ImageSource) throws(ImageError) {
        guard case .registry(let reference) = target else { return }
        _ = try run(
            ["standalone-sign", file.string, reference, signer, "--output", "/dev/null"], for: target)
    }

    /// The tags of a repository.
    package func tags(of repository: ImageSource) throws(ImageError) -> [String] {
        struct List: Decodable {
            let Tags: [String]?
        }
        let found = try run(["list-tags", repository.transportName], for: repository, limit: 8 << 20)
        return (ImageJSON.decode(found.output, as: List.self)?.Tags ?? []).sorted()
    }

    /// Transfers may take hours; a registry that says nothing is given up by skopeo itself.
    private func run(
        _ arguments: [String], for source: ImageSource, isFile: Bool = false, limit: Int = 1 << 20
    ) throws(ImageError) -> ChildProcess {
        let image = source.description
        let child = try ImageError.of(image) { () throws(FilesystemError) in
            try ChildProcess.run(
                program, arguments, environment: environment, timeout: .seconds(24 * 3600), limit: limit)
        }
        guard !child.succeeded else { return child }
        let words = Self.complaint(in: child.errorText)
        let complaint = isFile ? TransportComplaint(ofFile: words) : TransportComplaint(words)
        throw ImageError(.transport(complaint, words), image)
    }

    /// What a line `time="…" level=fatal msg="…"` says, the last of them; else the last line there is.
    static func complaint(in text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline)
        guard let line = lines.last(where: { $0.contains("level=fatal") }) ?? lines.last else { return "" }
        let parts = line.split(separator: "msg=\"", maxSplits: 1)
        guard parts.count == 2 else { return String(line) }
        var words = ""
        var isEscaped = false
        for character in parts[1] {
            if isEscaped {
                words.append(character == "n" ? " " : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                break
            } else {
                words.append(character)
            }
        }
        return words
    }
}
