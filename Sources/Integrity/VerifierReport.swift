// SPDX-License-Identifier: Apache-2.0

/// What gpgv said on its status descriptor (doc/DETAILS in GnuPG's source).
struct VerifierReport {
    enum Outcome: Equatable {
        case good(VerifiedSignature)
        case bad
        case expiredKey(String)
        case revokedKey(String)
        case expiredSignature
        case unknownKey(String)
        /// By which digest.
        case weakDigest(String)
        case unusable
    }

    /// One for each signature.
    private(set) var outcomes: [Outcome] = []

    init(parsing text: String) {
        /// What was said of the signature at hand before the line that gives its key in full.
        var verdict = ""
        var userID = ""
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 2, fields[0] == "[GNUPG:]" else { continue }
            let arguments = fields.dropFirst(2).map(String.init)
            let key = arguments.first ?? "unknown"
            switch fields[1] {
            case "NEWSIG": (verdict, userID) = ("", "")
            case "GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG":
                verdict = String(fields[1])
                // After the key, to the end of the line.
                let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
                userID = words.count == 4 ? Self.unescaped(words[3]) : ""
            case "BADSIG": outcomes.append(.bad)
            case "ERRSIG":
                // The sixth is a reason (9: no such key), the seventh the fingerprint, where gpgv knows it.
                let reason = arguments.indices.contains(5) ? arguments[5] : ""
                let full = arguments.indices.contains(6) && arguments[6] != "-" ? arguments[6] : key
                let digest = arguments.indices.contains(2) ? Self.weakDigests[arguments[2]] : nil
                outcomes.append(reason == "9" ? .unknownKey(full) : digest.map { .weakDigest($0) } ?? .unusable)
            case "VALIDSIG":
                outcomes.append(Self.outcome(verdict, arguments, userID))
                (verdict, userID) = ("", "")
            default: break
            }
        }
    }

    /// `%XX` is a byte. What could steer a terminal is left out: anybody may write a user id.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        return String(String.UnicodeScalarView(scalars.filter { $0.properties.generalCategory != .control }))
    }

    private static func outcome(_ verdict: String, _ arguments: [String], _ userID: String) -> Outcome {
        // The primary key stands last; old versions leave it out where it made the signature itself.
        guard arguments.count >= 3, let key = Fingerprint(arguments[0]), let created = Int64(arguments[2]),
            let primary = arguments.count >= 10 ? Fingerprint(arguments[9]) : key
        else { return .unusable }
        if arguments.indices.contains(7), let digest = weakDigests[arguments[7]] { return .weakDigest(digest) }
        return switch verdict {
        case "GOODSIG":
            .good(VerifiedSignature(fingerprint: primary, signingKey: key, created: created, userID: userID))
        case "EXPKEYSIG": .expiredKey(primary.hex)
        case "REVKEYSIG": .revokedKey(primary.hex)
        case "EXPSIG": .expiredSignature
        default: .unusable
        }
    }

    /// By their numbers (RFC 9580, section 9.5). gpgv itself refuses MD5 only.
    private static let weakDigests = ["1": "MD5", "2": "SHA-1", "3": "RIPEMD-160"]

    /// The signature of a pinned key, or what is wrong. One bad signature condemns all; an unknown second signer
    /// does not: archives are signed with the next release's key too.
    func signature(pinned: [Fingerprint]) -> Result<VerifiedSignature, Problem> {
        if outcomes.contains(.bad) { return .failure(Problem(.badSignature)) }
        var problem: IntegrityError.Code = outcomes.isEmpty ? .noSignature : .badSignature
        for outcome in outcomes.reversed() {
            switch outcome {
            case .good(let signature):
                if pinned.contains(signature.fingerprint) { return .success(signature) }
                problem = .keyNotPinned(signature.fingerprint.hex, pinned: pinned)
            case .unknownKey(let key): problem = .keyNotPinned(key, pinned: pinned)
            case .expiredKey(let key): problem = .keyExpired(key)
            case .revokedKey(let key): problem = .keyRevoked(key)
            case .expiredSignature: problem = .signatureExpired
            case .weakDigest(let name): problem = .weakDigest(name)
            case .bad, .unusable: break
            }
        }
        return .failure(Problem(problem))
    }

    struct Problem: Error {
        let code: IntegrityError.Code

        init(_ code: IntegrityError.Code) {
            self.code = code
        }
    }
}
