// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// User and password for a server.
package struct Credentials: Equatable, Sendable {
    package let user: String
    package let password: String

    package init(user: String, password: String) {
        (self.user, self.password) = (user, password)
    }
}

/// The credentials that URLs contained, by server.
///
/// The only place that has them, in memory: they are removed from URLs on input, so that no record, message or file
/// made from a URL can contain a password.
package final class CredentialStore: Sendable {
    private struct Entry {
        let origin: String
        /// Of the URL they came with: they are used for what lies below it.
        let path: [Substring]
        let credentials: Credentials
    }

    private let entries = Mutex<[Entry]>([])

    package init() {}

    /// `url` without user and password. They are remembered for it and what lies below it on the same server.
    package func take(from url: String) -> String {
        let bare = RemoteURL.withoutCredentials(url)
        guard bare != url, let credentials = RemoteURL.credentials(in: url), let remote = try? RemoteURL(bare) else {
            return bare
        }
        let entry = Entry(origin: remote.origin, path: Self.path(of: bare), credentials: credentials)
        entries.withLock { entries in
            entries.removeAll { $0.origin == entry.origin && $0.path == entry.path }
            entries.append(entry)
        }
        return bare
    }

    /// Those of the longest path that `url` lies below; nil where there are none.
    package func credentials(for url: String) -> Credentials? {
        guard let remote = try? RemoteURL(RemoteURL.withoutCredentials(url)) else { return nil }
        let path = Self.path(of: remote.string)
        return entries.withLock { entries in
            entries.filter { $0.origin == remote.origin && path.starts(with: $0.path) }
                .max { $0.path.count < $1.path.count }?.credentials
        }
    }

    private static func path(of url: String) -> [Substring] {
        let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
        return rest.prefix { $0 != "?" && $0 != "#" }.split(separator: "/").dropFirst().map { $0 }
    }
}
