// SPDX-License-Identifier: Apache-2.0

package import Failures
internal import Glibc
internal import Images
package import SystemPackage

/// What `doctor` finds out about the host's programs and certificates.
package struct ToolFindings: Sendable {
    let path: [FilePath]
    let environment: [String: String]
    let bundles: [FilePath]

    /// Where distributions keep the certificates they trust: Debian, Fedora, openSUSE, Alpine.
    package static let bundles: [FilePath] = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    package init(path: [FilePath], environment: [String: String], bundles: [FilePath] = Self.bundles) {
        self.path = path
        self.environment = environment
        self.bundles = bundles
    }

    package func findings() -> [Finding] {
        [signatures, certificates, images]
    }

    private var signatures: Finding {
        guard let gpgv = path.map({ $0.appending("gpgv") }).first(where: { unsafe access($0.string, X_OK) == 0 }) else {
            return Finding(
                "signatures", .problem, "gpgv is not installed: signatures cannot be verified",
                remedy: "sudo apt install gpgv (Fedora, openSUSE: gpg2; Arch: gnupg; Alpine: gpgv)")
        }
        return Finding("signatures", .ok, "\(gpgv)")
    }

    private var images: Finding {
        guard let skopeo = path.map({ $0.appending("skopeo") }).first(where: { unsafe access($0.string, X_OK) == 0 })
        else {
            return Finding(
                "container images", .ok, "skopeo, which fetches them, is not installed: \(Skopeo.installCommand)")
        }
        return Finding("container images", .ok, "\(skopeo)")
    }

    private var certificates: Finding {
        for name in ["CURL_CA_BUNDLE", "SSL_CERT_FILE"] {
            guard let chosen = environment[name], !chosen.isEmpty else { continue }
            guard unsafe access(chosen, R_OK) == 0 else {
                return Finding(
                    "certificates", .problem, "cannot read \(chosen), set by \(name)", remedy: "unset \(name)")
            }
            return Finding("certificates", .ok, "\(chosen), set by \(name)")
        }
        guard let bundle = bundles.first(where: { unsafe access($0.string, R_OK) == 0 }) else {
            return Finding(
                "certificates", .problem, "no trusted certificates: https does not work",
                remedy: "sudo apt install ca-certificates (the name is the same on other distributions)")
        }
        return Finding("certificates", .ok, "\(bundle)")
    }
}
