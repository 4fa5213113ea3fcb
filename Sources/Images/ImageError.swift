// SPDX-License-Identifier: Apache-2.0

package import Failures

/// Why an image cannot be fetched or exported.
package struct ImageError: Failure {
    package enum Kind: Sendable {
        /// Not the name of an image: as it was written.
        case badName(String)
        /// There is nothing at that path.
        case noFile(String)
        /// There is no skopeo.
        case programMissing(install: String)
        /// skopeo(1) failed; its message.
        case transport(TransportComplaint, String)
        /// What was fetched contradicts itself or is damaged.
        case damaged(String)
        /// Of a kind that mangrove cannot unpack.
        case unsupported(String)
        /// There is none for the architecture; those there are.
        case noSuchArchitecture(String, offered: [String])
        /// It changed while being fetched.
        case changedMeanwhile
        /// The policy asks for no signature.
        case signatureNotRequired
        case below(any Failure)
    }

    package let kind: Kind
    /// As the user named it.
    package let image: String

    package init(_ kind: Kind, _ image: String) { (self.kind, self.image) = (kind, image) }

    /// Runs `body`; what it throws is of `image`.
    static func of<Result: ~Copyable, Problem: Failure>(
        _ image: String, _ body: () throws(Problem) -> Result
    ) throws(ImageError) -> Result {
        do throws(Problem) { return try body() } catch { throw ImageError(.below(error), image) }
    }

    package var problem: String {
        switch kind {
        case .badName(let name): "\"\(name)\" does not name an image"
        case .noFile(let path): "\(path) does not exist"
        case .programMissing: "skopeo is not installed"
        case .transport(let complaint, _): complaint.problem(image)
        case .damaged: "\(image) is damaged"
        case .unsupported: "cannot unpack \(image)"
        case .noSuchArchitecture(let architecture, _): "\(image) has no image for \(architecture)"
        case .changedMeanwhile: "\(image) changed while being fetched"
        case .signatureNotRequired: "\(image) is not signed"
        case .below(let failure): failure.problem
        }
    }

    package var cause: String? {
        switch kind {
        case .badName: "expected oci:REFERENCE, oci-layout:DIRECTORY[:TAG] or docker-archive:FILE[:REFERENCE]"
        case .programMissing: "skopeo fetches and exports images, with the user's settings"
        case .transport(_, let words): words.isEmpty ? nil : words
        case .damaged(let reason), .unsupported(let reason): reason
        case .noSuchArchitecture(_, let offered): offered.isEmpty ? nil : "it has \(offered.joined(separator: ", "))"
        case .changedMeanwhile: "its manifest is not the requested one"
        case .signatureNotRequired: "the policy of this machine accepts images without a signature"
        case .below(let failure): failure.cause
        case .noFile: nil
        }
    }

    package var remedy: String? {
        switch kind {
        case .programMissing(let command): command
        case .transport(let complaint, _): complaint.remedy(image)
        case .noSuchArchitecture: "choose another with --arch"
        case .changedMeanwhile: "try again"
        case .signatureNotRequired: "require one in containers-policy.json(5), or omit --require-signature"
        case .below(let failure): failure.remedy
        case .badName, .noFile, .damaged, .unsupported: nil
        }
    }

    package var status: ExitStatus {
        switch kind {
        case .badName: .usage
        case .noFile: .noInput
        case .programMissing: .badConfiguration
        case .transport(let complaint, _): complaint.status
        case .damaged, .unsupported, .noSuchArchitecture, .signatureNotRequired: .badData
        case .changedMeanwhile: .tryAgain
        case .below(let failure): failure.status
        }
    }
}
