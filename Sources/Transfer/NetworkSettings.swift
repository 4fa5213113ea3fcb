// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// How transfers behave, whatever they fetch.
package struct NetworkSettings: Sendable, Equatable {
    /// A transfer without a byte for this long is aborted.
    package var stallTimeout: Duration = .seconds(20)
    /// From name lookup to the end of the TLS handshake.
    package var connectTimeout: Duration = .seconds(15)
    /// How often to try a mirror with temporary failures. An attempt that got a mebibyte or more further than all
    /// before does not count.
    package var attempts = 4
    /// The pause before the second attempt; it doubles with each further one, up to eight seconds.
    package var backOff: Duration = .milliseconds(500)
    package var maximumRedirects = 10
    /// How many transfers from one host run at once; others wait.
    package var connectionsPerHost = 6
    /// The same for a host that turns out to speak HTTP/2, where they share one connection.
    package var streamsPerHost = 32
    package var userAgent: String
    /// The certificates that are trusted, in PEM. nil: those libcurl was built to use.
    package var caBundle: FilePath?
    /// A directory of certificates, hashed with openssl-rehash(1).
    package var caDirectory: FilePath?

    /// Certificates as the environment says: `CURL_CA_BUNDLE`, else `SSL_CERT_FILE`; `SSL_CERT_DIR`.
    /// The proxies of the environment are libcurl's matter (libcurl-env(3)).
    package init(version: String) {
        self.init(version: version) { name in
            guard let value = unsafe getenv(name) else { return nil }
            return unsafe String(cString: value)
        }
    }

    package init(version: String, environment: (String) -> String?) {
        userAgent = "mangrove/\(version)"
        func path(_ names: String...) -> FilePath? {
            names.lazy.compactMap(environment).first { !$0.isEmpty }.map { FilePath($0) }
        }
        caBundle = path("CURL_CA_BUNDLE", "SSL_CERT_FILE")
        caDirectory = path("SSL_CERT_DIR")
    }
}
