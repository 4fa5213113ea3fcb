// SPDX-License-Identifier: Apache-2.0

package import Integrity

/// Something to fetch, from the first mirror that has it.
package struct RemoteDocument: Hashable, Sendable {
    package let urls: [String]
}

/// How a base is signed.
package enum BaseSignature: Hashable, Sendable {
    /// A detached signature over the tarball.
    case overFile(RemoteDocument, Trust)
    /// A detached signature over the index that holds the tarball's digest.
    case overIndex(RemoteDocument, Trust)
    /// The index that holds the tarball's digest is a clearsigned document.
    case clearsignedIndex(Trust)
    /// None is published, and why.
    case none(reason: String)

    /// The keys that count; nil where nothing is signed.
    package var trust: Trust? {
        switch self {
        case .overFile(_, let trust), .overIndex(_, let trust), .clearsignedIndex(let trust): trust
        case .none: nil
        }
    }
}

/// A base tarball: where it is and what it must be.
package struct ResolvedBase: Hashable, Sendable {
    package let selection: BaseSelection
    /// "3.24" where `latest-stable` was asked for, if the index says so.
    package let release: String
    /// With the point release: "24.04.4". The release's own name where there is no version.
    package let version: String
    package let fileName: String
    package let urls: [String]
    /// In bytes; nil where it is not said beforehand.
    package let size: Int64?
    package let digest: Digest?
    package let signature: BaseSignature
}
