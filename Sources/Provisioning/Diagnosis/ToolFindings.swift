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
                "signatures", .problem, "gpgv is not installed: no signature can be verified",
                remedy: "sudo apt install gpgv (Fedora, openSUSE: gpg2; Arch: gnupg; Alpine: gpgv)")
        }
        return Finding("signatures", .ok, "\(gpgv)")
    }

    private var images: Finding {
        guard let skopeo = path.map({ $0.appending("skopeo") }).first(where: { unsafe access($0.string, X_OK) == 0 })
        else {
            return Finding(
                "container images", .ok, "skopeo is not installed, which would fetch them: \(Skopeo.installCommand)")
        }
        return Finding("container images", .ok, "\(skopeo)")
    }

    private var certificates: Finding {
        for name in ["CURL_CA_BUNDLE", "SSL_CERT_FILE"] {
            guard let chosen = environment[name], !chosen.isEmpty else { continue }
            guard unsafe access(chosen, R_OK) == 0 else {
                return Finding(
                    "certificates", .problem, "\(name) names \(chosen), which cannot be read", remedy: "unset \(name)")
            }
            return Finding("certificates", .ok, "\(chosen), as \(name) says")
        }
        guard let bundle = bundles.first(where: { unsafe access($0.string, R_OK) == 0 }) else {
            return Finding(
                "certificates", .problem, "no store of trusted certificates: nothing can be fetched by https",
                remedy: "sudo apt install ca-certificates (the name is the same on other distributions)")
        }
        return Finding("certificates", .ok, "\(bundle)")
    }
}
