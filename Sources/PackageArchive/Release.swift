// SPDX-License-Identifier: Apache-2.0

internal import Failures

/// The `Release` file of a suite: what it holds, and the digest and size of each of its indices.
package struct Release: Sendable {
    package struct Entry: Hashable, Sendable {
        package let path: String
        /// SHA-256 in hexadecimal, lower case.
        package let sha256: String
        package let size: Int64
    }

    package let origin: String?
    package let suite: String?
    package let codename: String?
    package let architectures: [String]
    package let components: [String]
    /// Seconds since 1970.
    package let date: Int64?
    package let validUntil: Int64?
    package let offersByHash: Bool
    /// What a version from this suite counts by default, as apt_preferences(5) says.
    package let pin: Int
    private let entries: [String: Entry]
    private let name: String

    /// `text` without a signature around it. `name` is what messages call it.
    package init(parsing text: String, name: String) throws(PackageArchiveError) {
        guard let stanza = try Stanza.parse(text, file: name).first, let sums = stanza["SHA256"] else {
            throw .malformed(name, "it has no SHA256 field")
        }
        self.name = name
        origin = stanza["Origin"]
        suite = stanza["Suite"]
        codename = stanza["Codename"]
        architectures = stanza.words("Architectures")
        components = stanza.words("Components")
        date = stanza["Date"].flatMap { ArchiveDate.seconds($0) }
        validUntil = stanza["Valid-Until"].flatMap { ArchiveDate.seconds($0) }
        guard stanza["Valid-Until"] == nil || validUntil != nil else {
            throw .malformed(name, "Valid-Until is not a date")
        }
        offersByHash = stanza["Acquire-By-Hash"] == "yes"
        let isManual = stanza["NotAutomatic"] == "yes"
        pin = isManual ? (stanza["ButAutomaticUpgrades"] == "yes" ? 100 : 1) : 500
        var entries: [String: Entry] = [:]
        for line in sums.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count == 3, words[0].utf8.count == 64, words[0].allSatisfy(\.isHexDigit),
                let size = Int64(words[1]), size >= 0
            else { throw .malformed(name, "invalid line under SHA256: \"\(line.prefix(60))\"") }
            // Contents and Translation files would double what this takes, and nothing here reads them.
            guard words[2].contains("/binary-") || words[2].contains("/source/") else { continue }
            let path = String(words[2])
            entries[path] = Entry(path: path, sha256: words[0].lowercased(), size: size)
        }
        self.entries = entries
    }

    /// Whether it is that of the suite called `name`. `buster/updates` goes by the codename of the release itself; it is told
    /// from that by its components, `updates/main`.
    package func isOf(_ name: String) -> Bool {
        if [codename, suite].contains(name) { return true }
        guard let slash = name.lastIndex(of: "/") else { return false }
        let ending = name[name.index(after: slash)...] + "/"
        return [codename, suite].contains(String(name[..<slash])) && components.contains { $0.hasPrefix(ending) }
    }

    /// `now` in seconds since 1970. Throws where the file is too old.
    package func checkValidity(at now: Int64) throws(PackageArchiveError) {
        guard let validUntil, validUntil < now else { return }
        throw PackageArchiveError(
            .expired, "\(name) has expired",
            cause:
                "it was valid until \(counted((now - validUntil) / 86400, "day")) ago: an old copy, or the clock is wrong",
            remedy: "use another mirror, or --allow-expired for a snapshot")
    }

    /// `moment` in seconds since 1970. Throws where it was made later: it is not what the archive had then.
    package func checkMade(before moment: Int64) throws(PackageArchiveError) {
        guard let date, date > moment else { return }
        throw PackageArchiveError(
            .mismatch, "\(name) is newer than the requested moment",
            cause:
                "it was made \(counted((date - moment + 59) / 60, "minute")) later: not a snapshot of the archive"
        )
    }

    /// The package index of a component in all forms there are, the smallest first, and the plain one's entry.
    package func packageIndex(
        component: String, architecture: String
    ) throws(PackageArchiveError) -> (forms: [Entry], plain: Entry?) {
        // Components of security suites are known by the plain name and by "updates/main".
        let known = components.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        guard known.contains(component) || components.contains(component) else {
            throw notOffered("component \(component)", known)
        }
        guard architectures.contains(architecture) else {
            throw notOffered("architecture \(architecture)", architectures)
        }
        let path = "\(component)/binary-\(architecture)/Packages"
        let forms = [".xz", ".zst", ".gz", ".bz2", ""].compactMap { entries[path + $0] }
        guard !forms.isEmpty else { throw notOffered("\(component) for \(architecture)", []) }
        return (forms, entries[path])
    }

    /// The index of a component's source packages in all forms there are, the smallest first; empty where there is none.
    func sourceIndex(component: String) -> [Entry] {
        [".xz", ".zst", ".gz", ".bz2", ""].compactMap { entries["\(component)/source/Sources" + $0] }
    }

    private func notOffered(_ what: String, _ has: [String]) -> PackageArchiveError {
        PackageArchiveError(
            .notOffered, "\(name) has no \(what)",
            cause: has.isEmpty ? nil : "it has \(has.joined(separator: ", "))")
    }
}

/// Dates as archives write them (RFC 9110 section 5.6.7, RFC 5322): `Sat, 12 Sep 2026 07:55:41 UTC`.
enum ArchiveDate {
    /// Seconds since 1970; nil where `text` is no such date in UTC.
    static func seconds(_ text: String) -> Int64? {
        var words = text.split { $0 == " " || $0 == "," }.map(String.init)
        if let first = words.first, Int64(first) == nil { words.removeFirst() }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 5, ["UTC", "GMT", "Z", "+0000", "-0000"].contains(words[4]),
            let day = Int64(words[0]), let month = months.firstIndex(of: words[1]), let year = Int64(words[2]),
            (1...31).contains(day), (1970...9999).contains(year)
        else { return nil }
        let time = words[3].split(separator: ":").compactMap { Int64($0) }
        guard time.count == 3, time.allSatisfy({ (0..<100).contains($0) }) else { return nil }
        // Days since 1 March of year 0: leap days then come last in a year.
        let shifted = month < 2 ? year - 1 : year
        let monthFromMarch = Int64(month < 2 ? month + 10 : month - 2)
        let days =
            365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * monthFromMarch + 2) / 5 + day - 1
        return (days - 719_468) * 86400 + time[0] * 3600 + time[1] * 60 + time[2]
    }
}
