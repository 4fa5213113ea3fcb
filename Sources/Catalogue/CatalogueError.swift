// SPDX-License-Identifier: Apache-2.0

package import Failures
package import Filesystem
package import JSON5

/// Why a base cannot be named, found or understood.
package struct CatalogueError: Failure, Equatable {
    package enum Code: Equatable, Sendable {
        /// `what` ("distro", "release", "architecture") has no such name; the nearest that exist.
        case unknown(what: String, nearest: [String])
        /// It exists, but not in this kind of base.
        case notOffered(reason: String)
        /// The file of distros is not what it should be.
        case malformed(JSONError)
        /// What the distro publishes is not in the form it should be.
        case unusableDocument(reason: String)
        case file(FilesystemError)
        /// Something else where a moment of an archive belongs.
        case noMoment
        /// A moment after this one, which is now.
        case futureMoment(now: SnapshotMoment)
    }

    package let code: Code
    /// The name, file or URL that it is about.
    package let subject: String

    package init(_ code: Code, _ subject: String) {
        self.code = code
        self.subject = subject
    }

    init(_ error: JSONError) {
        self.init(.malformed(error), error.file)
    }

    package var problem: String {
        switch code {
        case .unknown(let what, _): "no \(what) is called \(subject.isEmpty ? "\"\"" : subject)"
        case .notOffered: "\(subject) cannot be had"
        case .malformed(let error): error.problem
        case .unusableDocument: "cannot use \(subject)"
        case .file(let error): error.problem
        case .noMoment: "\"\(subject)\" is not a snapshot time"
        case .futureMoment: "\(subject) is in the future"
        }
    }

    package var cause: String? {
        switch code {
        case .unknown(_, let nearest): nearest.isEmpty ? nil : "nearest: \(nearest.joined(separator: ", "))"
        case .notOffered(let reason), .unusableDocument(let reason): reason
        case .malformed(let error): error.cause
        case .file(let error): error.cause
        case .noMoment: SnapshotMoment.form
        case .futureMoment(let now): "no snapshot of that moment exists yet; now it is \(now)"
        }
    }

    package var remedy: String? {
        switch code {
        case .unknown, .notOffered: "list them: mangrove distros"
        case .malformed: "mend the file; docs/distros.schema.json describes it"
        case .unusableDocument: "try another mirror: --mirror URL"
        case .file(let error): error.remedy
        case .noMoment: nil
        case .futureMoment: "use a past moment, or none for the archive as it is"
        }
    }

    package var status: ExitStatus {
        switch code {
        case .unknown, .notOffered, .noMoment, .futureMoment: .usage
        case .malformed, .file: .badConfiguration
        case .unusableDocument: .badData
        }
    }
}
