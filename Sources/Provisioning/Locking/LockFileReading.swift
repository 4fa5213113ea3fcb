// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Catalogue
internal import Filesystem
internal import Integrity
internal import JSON5
internal import PackageArchive
package import SystemPackage

extension LockFile {
    /// Parses a lock file at `path`. Its values end up in file names, scripts and apt's sources, so every value is
    /// checked strictly.
    package init(parsing bytes: [UInt8], at path: FilePath) throws(ProvisioningError) {
        do throws(JSONError) {
            try self.init(try JSONField(parsing: bytes, file: path.string))
        } catch {
            var error = error
            error.remedy = "write it again: mangrove lock NAME; see docs/mangrove.lock.schema.json"
            throw ProvisioningError(error)
        }
    }

    /// The same, read from there.
    package init(at path: FilePath) throws(ProvisioningError) {
        let bytes: [UInt8]
        do throws(FilesystemError) {
            bytes = try path.readInput(limit: 64 << 20)
        } catch let error where error.errno == .noSuchFileOrDirectory {
            throw ProvisioningError(.noLockFile(path))
        } catch {
            throw ProvisioningError(error)
        }
        try self.init(parsing: bytes, at: path)
    }

    private init(_ document: JSONField) throws(JSONError) {
        let members = try document.members()
        guard let schema = members.first(where: { $0.key == "schema" })?.field else {
            throw document.fault("schema is missing: not a mangrove lock file")
        }
        guard schema.value == .number(Double(Self.schema)) else {
            throw schema.fault("expected \(Self.schema), the only one that this mangrove supports")
        }
        let object = try document.object(
            "$schema", "schema", "kind", "distro", "release", "version", "codename", "architecture", "requested",
            "snapshot", "variant", "components", "sources", "suites", "packages", "automatic", "tarball")
        let architecture = try object.required("architecture")
        guard let known = Architecture(rawValue: try architecture.string()) else {
            let names = Architecture.allCases.map(\.rawValue)
            throw architecture.fault("expected one of \(names.joined(separator: ", "))")
        }
        self.init(
            try object.required("kind").choice(), distro: try object.required("distro").word(),
            release: try object.required("release").word(), architecture: known.rawValue)
        version = try object["version"].map { (field) throws(JSONError) in try field.word() }
        codename = try object["codename"].map { (field) throws(JSONError) in try field.word() }
        requested = try object["requested"].map { (field) throws(JSONError) in try field.strings() } ?? []
        switch kind {
        case .tarball:
            tarball = try Tarball(try object.required("tarball"))
        case .archive:
            try readArchive(object)
        }
    }

    private mutating func readArchive(_ object: JSONObject) throws(JSONError) {
        if let field = object["snapshot"] {
            guard let moment = SnapshotMoment(try field.string()) else { throw field.fault(SnapshotMoment.form) }
            snapshot = moment.text
        }
        variant = try object.required("variant").choice()
        components = try object.required("components").words()
        automatic = try object.required("automatic").packageNames()
        var sources: [Source] = []
        for field in try object.required("sources").array() {
            let object = try field.object("suite", "url")
            sources.append(
                Source(suite: try object.required("suite").word(), url: try object.required("url").url()))
        }
        var suites: [Suite] = []
        for field in try object.required("suites").array() { suites.append(try Suite(field)) }
        guard !suites.isEmpty else { throw try object.required("suites").fault("expected at least one suite") }
        var packages: [Package] = []
        var seen: Set<String> = []
        for field in try object.required("packages").array() {
            let package = try Package(field)
            guard suites.contains(where: { $0.name == package.suite }) else {
                throw field.fault("suite \(package.suite) is not among suites")
            }
            guard seen.insert(package.name).inserted else { throw field.fault("\(package.name) is listed twice") }
            packages.append(package)
        }
        guard !packages.isEmpty else { throw try object.required("packages").fault("expected at least one package") }
        (self.sources, self.suites, self.packages) = (sources, suites, packages)
    }
}

extension LockFile.Suite {
    fileprivate init(_ field: JSONField) throws(JSONError) {
        let object = try field.object("name", "codename", "url", "release", "date", "fingerprint", "signedBy")
        name = try object.required("name").word()
        codename = try object["codename"].map { (field) throws(JSONError) in try field.word() }
        url = try object.required("url").url()
        release = try object.required("release").url()
        date = try object["date"].map { (field) throws(JSONError) in
            let text = try field.string()
            guard RecordTime.seconds(text) != nil else { throw field.fault("expected a time: 2026-09-01T00:00:00Z") }
            return text
        }
        fingerprint = try object.required("fingerprint").fingerprint()
        signedBy = try object["signedBy"].map { (field) throws(JSONError) in try field.string() }
    }
}

extension LockFile.Package {
    fileprivate init(_ field: JSONField) throws(JSONError) {
        let object = try field.object(
            "name", "version", "architecture", "sha256", "size", "path", "suite", "multiArchSame", "replaces")
        name = try object.required("name").packageName()
        version = try object.required("version").text(of: "a version", also: "+-.:~")
        architecture = try object.required("architecture").text(of: "an architecture", also: "-")
        let digest = try object.required("sha256")
        guard let sha256 = Digest(.sha256, hex: try digest.string())?.hex else {
            throw digest.fault("expected 64 hexadecimal digits")
        }
        self.sha256 = sha256
        let size = try object.required("size")
        self.size = Int64(try size.positiveInteger())
        guard self.size <= 1 << 40 else { throw size.fault("expected at most 1 TiB, in bytes") }
        let path = try object.required("path")
        self.path = try path.word()
        guard !self.path.hasPrefix("/"), !self.path.split(separator: "/").contains("..") else {
            throw path.fault("expected a path below the archive's URL")
        }
        suite = try object.required("suite").word()
        multiArchSame = try object["multiArchSame"].map { (field) throws(JSONError) in try field.boolean() }
        replaces = try object["replaces"].map { (field) throws(JSONError) in try field.packageNames() }
    }
}

extension LockFile.Tarball {
    fileprivate init(_ field: JSONField) throws(JSONError) {
        let object = try field.object("name", "digest", "urls", "verified", "fingerprint", "signedBy")
        name = try object.required("name").string()
        let digest = try object.required("digest")
        guard let known = Digest(lockedAs: try digest.string()) else {
            throw digest.fault("expected sha256: or sha512: and hexadecimal digits")
        }
        self.digest = known.description
        var urls: [String] = []
        for field in try object.required("urls").array() { urls.append(try field.url()) }
        guard !urls.isEmpty else { throw try object.required("urls").fault("expected at least one URL") }
        self.urls = urls
        verified = try object.required("verified").choice()
        fingerprint = try object["fingerprint"].map { (field) throws(JSONError) in try field.fingerprint() }
        signedBy = try object["signedBy"].map { (field) throws(JSONError) in try field.string() }
    }
}

extension Digest {
    /// `sha256:…`
    init?(lockedAs text: String) {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let algorithm = Algorithm(rawValue: String(parts[0])) else { return nil }
        self.init(algorithm, hex: parts[1])
    }
}

extension JSONField {
    /// Without spaces, which separate words in apt's sources.
    fileprivate func word() throws(JSONError) -> String {
        let text = try string()
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw fault("expected a word without spaces")
        }
        return text
    }

    fileprivate func words() throws(JSONError) -> [String] {
        var words: [String] = []
        for field in try array() { words.append(try field.word()) }
        return words
    }

    /// A URL that something can be fetched from.
    fileprivate func url() throws(JSONError) -> String {
        let text = try word()
        guard ["https://", "http://", "ftp://", "file:///"].contains(where: { text.hasPrefix($0) && text != $0 }) else {
            throw fault("expected a URL that begins with https://")
        }
        return text
    }

    fileprivate func fingerprint() throws(JSONError) -> String {
        guard let fingerprint = Fingerprint(try string()) else {
            throw fault("expected a full key fingerprint, 40 hexadecimal digits")
        }
        return fingerprint.hex
    }

    /// Letters and digits of ASCII, and those of `others`.
    fileprivate func text(of what: String, also others: String) throws(JSONError) -> String {
        let text = try string()
        let isFit = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"):
                true
            default: others.utf8.contains(byte)
            }
        }
        guard !text.isEmpty, isFit else { throw fault("expected \(what): letters, digits and \(others)") }
        return text
    }

    fileprivate func packageName() throws(JSONError) -> String {
        let name = try text(of: "a package name", also: "+-.")
        guard let first = name.utf8.first, !"+-.".utf8.contains(first) else {
            throw fault("expected a package name that begins with a letter or digit")
        }
        return name
    }

    fileprivate func packageNames() throws(JSONError) -> [String] {
        var names: [String] = []
        for field in try array() { names.append(try field.packageName()) }
        return names
    }
}
