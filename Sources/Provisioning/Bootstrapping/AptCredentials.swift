// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import PackageArchive
internal import SystemPackage
internal import Transfer

/// Users and passwords for apt in a root (apt_auth.conf(5)).
struct AptCredentials {
    private let logins: [(uri: String, credentials: Credentials)]

    /// The credentials in `store` for the root's sources.
    init(for sources: [BootstrapPlan.Source], in store: CredentialStore) {
        var uris: [String] = []
        for source in sources where !uris.contains(source.uri) { uris.append(source.uri) }
        logins = uris.compactMap { uri in store.credentials(for: uri).map { (uri, $0) } }
    }

    /// Whose they are.
    var uris: [String] { logins.map(\.uri) }

    /// nil if apt could not read one of them: words end at spaces.
    var text: String? {
        let words = logins.flatMap { [$0.credentials.user, $0.credentials.password] }
        let fits = words.allSatisfy { word in !word.isEmpty && !word.unicodeScalars.contains { $0.value <= 0x20 } }
        guard fits else { return nil }
        // With the scheme: without one apt uses them for https only.
        return logins.map { login in
            "machine \(login.uri)/ login \(login.credentials.user) password \(login.credentials.password)\n"
        }.joined()
    }

    /// Writes them to a file that only the root's own root user can read.
    func write(to root: borrowing Directory) throws(ProvisioningError) {
        guard let text else {
            throw ProvisioningError(.unfitCredentials(logins[0].uri))
        }
        try below { () throws(FilesystemError) in
            try root.makeDirectories(["etc", "apt", "auth.conf.d"]).createFile(
                "mangrove.conf", holding: Array(text.utf8), permissions: FilePermissions(rawValue: 0o600))
        }
    }
}
