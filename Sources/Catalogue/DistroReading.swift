// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Integrity
internal import JSON5

extension Distro {
    init(_ name: String, _ field: JSONField) throws(JSONError) {
        let object = try field.object(
            "title", "aliases", "packageManager", "default", "architectures", "releases", "tarball", "archive")
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: ":") && $0 < 0x7F }) else {
            throw field.fault("a distro's name has no colon, space or letter outside ASCII")
        }
        self.name = name
        title = try object.required("title").string()
        aliases = try object.strings("aliases")
        packageManager = try object.required("packageManager").string()
        defaultRelease = try object.required("default").string()

        var architectures: [Architecture: String] = [:]
        for (key, field) in try object.required("architectures").members() {
            guard let architecture = Architecture(rawValue: key) else {
                throw field.fault("no architecture is called that; the keys are Debian's names")
            }
            architectures[architecture] = try field.string()
        }
        self.architectures = architectures

        var releases: [DistroRelease] = []
        for (number, field) in try object.required("releases").members() {
            releases.append(try DistroRelease(number, field, architectures: architectures.keys))
        }
        self.releases = releases.sorted(by: DistroRelease.precedes)

        let own = releases.flatMap(\.variables.keys)
        if let field = object["tarball"] { tarball = try TarballSource(field, own) } else { tarball = nil }
        if let field = object["archive"] { archive = try ArchiveSource(field) } else { archive = nil }
        guard tarball != nil || archive != nil else { throw field.fault("it has neither tarball nor archive") }

        // A name that means two releases would make the choice a matter of luck.
        var seen: Set<String> = []
        for name in releases.flatMap({ Set($0.names) }) where !seen.insert(name).inserted {
            throw field.fault("duplicate release \(name)")
        }
        guard seen.contains(defaultRelease) else {
            throw try object.required("default").fault("no release is called \(defaultRelease)")
        }
    }
}

extension DistroRelease {
    init(_ number: String, _ field: JSONField, architectures: some Sequence<Architecture>) throws(JSONError) {
        let object = try field.object(
            "codename", "aliases", "endOfLife", "architectures", "variables", "suites", "archived")
        self.number = number
        codename = try object["codename"].map { (field) throws(JSONError) in try field.string() }
        aliases = try object.strings("aliases")
        endOfLife = try object["endOfLife"].map { (field) throws(JSONError) in
            guard let date = CalendarDate(try field.string()) else { throw field.fault("expected a date, 2029-05-31") }
            return date
        }
        let all = architectures.sorted { $0.rawValue < $1.rawValue }
        self.architectures =
            try object["architectures"].map { (field) throws(JSONError) in try field.architectures(among: all) }
            ?? all
        variables = try object.texts("variables")
        suites = try object["suites"].map { (field) throws(JSONError) in try field.suites() }
        archived = try object["archived"].map { (field) throws(JSONError) in try field.boolean() } ?? false
    }

    /// Names first, in their order; then numbers, newest first.
    static func precedes(_ one: DistroRelease, _ other: DistroRelease) -> Bool {
        switch (VersionNumber(one.number), VersionNumber(other.number)) {
        case (let left?, let right?): left > right
        case (nil, nil): one.number < other.number
        case (let left, _): left == nil
        }
    }
}

extension TarballSource {
    /// `names`: the variables that releases define.
    init(_ field: JSONField, _ names: [String]) throws(JSONError) {
        let object = try field.object("mirrors", "index", "file", "path", "signature", "variables")
        mirrors = try object.required("mirrors").mirrors()
        variables = try object.texts("variables")
        let known = names + variables.keys + ["number", "codename", "arch", "version", "file"]
        index = try object["index"].map { (field) throws(JSONError) in
            let object = try field.object("form", "path")
            let form = try object.required("form")
            guard let found = IndexForm(rawValue: try form.string()) else {
                throw form.fault("expected \(IndexForm.allCases.map(\.rawValue).joined(separator: " or "))")
            }
            return Index(form: found, path: try object.required("path").template(known))
        }
        file = try object.required("file").template(known)
        path = try object.required("path").template(known)

        let signature = try object.required("signature")
        let members = try signature.object("over", "path", "allowUnsigned", "reason", "keys", "keyURLs", "unsigned")
        allowsUnsigned =
            try members["allowUnsigned"].map { (field) throws(JSONError) in try field.boolean() } ?? false
        unsigned = try members.texts("unsigned")
        let over = try members.required("over")
        switch try over.string() {
        case "file":
            self.signature = .overFile(path: try members.required("path").template(known))
        case "index": self.signature = .overIndex(path: try members.required("path").template(known))
        case "itself": self.signature = .clearsignedIndex
        case "nothing": self.signature = .none(reason: try members.required("reason").string())
        default: throw over.fault("expected file, index, itself or nothing")
        }
        if case .none = self.signature {
            trust = Trust(fingerprints: [], keyURLs: [])
        } else {
            trust = try Trust(members)
        }
        switch self.signature {
        case .overIndex where index == nil, .clearsignedIndex where index == nil:
            throw over.fault("no index to sign")
        default: break
        }
    }
}

extension ArchiveSource {
    init(_ field: JSONField) throws(JSONError) {
        let object = try field.object(
            "mirrors", "suites", "components", "enabledComponents", "keyrings", "keys", "keyURLs", "snapshot",
            "variables")
        var mirrors: [Mirrors] = []
        for field in try object.required("mirrors").array() {
            let object = try field.object("architectures", "urls")
            mirrors.append(
                Mirrors(
                    architectures: try object.required("architectures").architectures(among: Architecture.allCases),
                    urls: try object.required("urls").mirrors()))
        }
        self.mirrors = mirrors
        suites = try object.required("suites").suites()
        components = try object.required("components").strings()
        enabledComponents = object["enabledComponents"] == nil ? components : try object.strings("enabledComponents")
        keyrings = try object.strings("keyrings")
        variables = try object.texts("variables")
        snapshot = try object["snapshot"].map { (field) throws(JSONError) in try field.snapshot() }
        trust = try Trust(object)
    }
}

extension Trust {
    fileprivate init(_ object: JSONObject) throws(JSONError) {
        var fingerprints: [Fingerprint] = []
        for field in try object.required("keys").array() {
            guard let fingerprint = Fingerprint(try field.string()) else {
                throw field.fault("expected a key's full fingerprint, 40 hexadecimal digits")
            }
            fingerprints.append(fingerprint)
        }
        guard !fingerprints.isEmpty else { throw try object.required("keys").fault("no key is pinned") }
        self.fingerprints = fingerprints
        keyURLs = try object.strings("keyURLs")
    }
}

extension JSONField {
    fileprivate func template(_ known: [String]) throws(JSONError) -> String {
        let text = try string()
        for name in URLTemplate.names(in: text) where !known.contains(name) {
            throw fault("unknown placeholder {\(name)}")
        }
        return text
    }

    fileprivate func mirrors() throws(JSONError) -> [String] {
        let mirrors = try strings()
        guard !mirrors.isEmpty, mirrors.allSatisfy(Mirror.isURL) else { throw fault("expected URLs of mirrors") }
        return mirrors.map(Mirror.normalized)
    }

    fileprivate func snapshot() throws(JSONError) -> SnapshotTemplate {
        let url = try string()
        guard Mirror.isURL(url), url.contains(SnapshotTemplate.placeholder) else {
            throw fault("expected a URL with \(SnapshotTemplate.placeholder) in it")
        }
        return SnapshotTemplate(url)
    }

    fileprivate func architectures(among offered: [Architecture]) throws(JSONError) -> [Architecture] {
        var found: [Architecture] = []
        for field in try array() {
            guard let architecture = Architecture(rawValue: try field.string()), offered.contains(architecture) else {
                throw field.fault("expected one of \(offered.map(\.rawValue).joined(separator: ", "))")
            }
            found.append(architecture)
        }
        return found
    }

    fileprivate func suites() throws(JSONError) -> [ArchiveSuite] {
        var suites: [ArchiveSuite] = []
        for field in try array() {
            let object = try field.object("name", "mirrors", "snapshot")
            let mirrors = try object["mirrors"].map { (field) throws(JSONError) in try field.mirrors() }
            suites.append(
                ArchiveSuite(
                    name: try object.required("name").string(), mirrors: mirrors ?? [],
                    snapshot: try object["snapshot"].map { (field) throws(JSONError) in try field.snapshot() }))
        }
        return suites
    }
}

/// URLs of mirrors.
enum Mirror {
    static func isURL(_ text: String) -> Bool {
        ["https://", "http://", "file:///", "ftp://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
    }

    /// Without slashes at the end.
    static func normalized(_ text: String) -> String {
        var text = text[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        return String(text)
    }
}
