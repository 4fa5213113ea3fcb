// SPDX-License-Identifier: Apache-2.0

internal import Processes
package import SystemPackage

/// A certificate for 127.0.0.1 and localhost that nobody trusts, made with openssl(1) for one test.
package struct TestCertificate: Sendable {
    /// PEM, its own authority: what SSL_CERT_FILE must name for it to be trusted.
    package let certificate: FilePath
    package let key: FilePath

    package init(in scratch: FilePath) throws {
        let (certificate, key) = (scratch.appending("certificate.pem"), scratch.appending("key.pem"))
        let made = try ChildProcess.run(
            ChildProcess.find("openssl") ?? "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-days", "2",
                "-keyout", key.string, "-out", certificate.string,
            ])
        guard made.succeeded else { throw ServerProcess.Failed(description: made.errorText) }
        self.certificate = certificate
        self.key = key
    }
}
