// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Failures
internal import Images
internal import JSON5
internal import Provisioning
internal import Sandbox
package import SystemPackage

extension Recipe {
    /// Reads a recipe that lies at `path`; relative paths in it are taken from its directory.
    package init(parsing bytes: [UInt8], at path: FilePath) throws(RecipeError) {
        self.init()
        do throws(JSONError) {
            try read(try JSONField(parsing: bytes, file: path.string), in: path.removingLastComponent())
        } catch {
            throw RecipeError(error)
        }
    }

    private mutating func read(_ document: JSONField, in place: FilePath) throws(JSONError) {
        let object = try document.object(
            "$schema", "version", "base", "architectures", "packages", "environment", "user", "network", "binds",
            "acceleration", "limits", "ccache", "configureCache", "from", "source", "directory", "steps", "artifacts")
        let version = try object.required("version")
        guard version.value == .number(1) else { throw version.fault("expected 1, the only version") }
        base = try Base(try object.required("base"), in: place)
        if let field = object["architectures"] { architectures = try Self.architectures(field) }
        packages = try object["packages"]?.packages() ?? []
        environment = try object["environment"]?.environment() ?? [:]
        user = try object["user"]?.word() ?? user
        network = try object["network"]?.boolean() ?? network
        for field in try object["binds"]?.array() ?? [] {
            let text = try field.text()
            do throws(SandboxError) {
                binds.append(try BindOption(parsing: text, relativeTo: place))
            } catch {
                throw field.fault("\(error.problem)\(error.cause.map { ": \($0)" } ?? "")")
            }
        }
        acceleration = try object["acceleration"]?.choice()
        if let field = object["limits"] { limits = try ResourceLimits(field) }
        usesCcache = try object["ccache"]?.boolean()
        usesConfigureCache = try object["configureCache"]?.boolean()
        if let field = object["from"] { origin = try SourceOrigin(field, in: place) }
        source = try object["source"]?.choice() ?? source
        directory = try object["directory"]?.absolutePath()
        for (index, field) in try object.required("steps").array().enumerated() {
            steps.append(try Step(field, number: index + 1))
        }
        guard !steps.isEmpty else { throw try object.required("steps").fault("expected at least one step") }
        for field in try object.required("artifacts").array() { artifacts.append(try ArtifactPattern(field)) }
    }

    private static func architectures(_ field: JSONField) throws(JSONError) -> [Architecture] {
        var found: [Architecture] = []
        for field in try field.array() {
            guard let architecture = Architecture(try field.string()) else {
                throw field.fault("expected one of \(Architecture.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            guard !found.contains(architecture) else { throw field.fault("\(architecture) is listed twice") }
            found.append(architecture)
        }
        guard !found.isEmpty else { throw field.fault("expected at least one architecture") }
        return found
    }
}

extension Recipe.Base {
    init(_ field: JSONField, in place: FilePath) throws(JSONError) {
        guard case .object = field.value else {
            let name = try field.word()
            do throws(ImageError) {
                self = try ImageSource(name, relativeTo: place).map { .image($0.description) } ?? .distro(name)
            } catch {
                throw field.fault(error.summary)
            }
            return
        }
        let object = try field.object("tarball", "sha256", "root")
        switch (object["tarball"], object["root"]) {
        case (let tarball?, nil):
            let text = try tarball.text()
            let digits = try object["sha256"]?.sha256()
            self = .tarball(text.location(in: place), sha256: digits)
        case (nil, let root?): self = .root(try root.word())
        default: throw field.fault("expected a distro and release, {tarball: FILE} or {root: NAME}")
        }
    }
}

extension String {
    /// A URL as it is; else the path of a file, seen from `place`.
    fileprivate func location(in place: FilePath) -> String {
        if let file = FilePath(fileURL: self) { return file.string }
        return contains("://") ? self : place.pushing(FilePath(self)).string
    }
}

extension SourceOrigin {
    init(_ field: JSONField, in place: FilePath) throws(JSONError) {
        let object = try field.object("tarball", "archive", "sha256", "git", "revision", "package", "version", "dsc")
        func path(_ text: String) -> String { text.location(in: place) }
        let kinds = ["tarball", "archive", "git", "package", "dsc"].compactMap { object[$0] }
        guard kinds.count == 1, let kind = kinds.first else {
            throw field.fault("expected one of tarball, archive, git, package and dsc")
        }
        let text = try kind.text()
        if object["tarball"] != nil {
            self = .tarball(path(text), sha256: try object["sha256"]?.sha256())
        } else if object["archive"] != nil {
            self = .archived(text, sha256: try object.required("sha256").sha256())
        } else if object["git"] != nil {
            let isPlace = text.contains(":")
            self = .git(isPlace ? text : path(text), revision: try object["revision"]?.word())
        } else if object["package"] != nil {
            self = .package(text, version: try object["version"]?.word())
        } else {
            self = .description(path(text))
        }
    }
}

extension Recipe.Step {
    init(_ field: JSONField, number: Int) throws(JSONError) {
        if case .string = field.value {
            self.init("step \(number)", try field.text())
            return
        }
        let object = try field.object("name", "run", "user", "directory", "network", "environment")
        let run = try object.required("run")
        let script: String
        if case .array = run.value {
            script = try run.strings().joined(separator: "\n")
        } else {
            script = try run.text()
        }
        self.init(try object["name"]?.text() ?? "step \(number)", script)
        user = try object["user"]?.word()
        directory = try object["directory"].map { (field) throws(JSONError) in FilePath(try field.text()) }
        network = try object["network"]?.boolean()
        environment = try object["environment"]?.environment() ?? [:]
    }
}

extension ArtifactPattern {
    init(_ field: JSONField) throws(JSONError) {
        guard case .object = field.value else {
            self.init(try field.pattern())
            return
        }
        let object = try field.object("files", "to", "optional", "programs", "fallback")
        self.init(
            try object.required("files").pattern(), isRequired: try object["optional"]?.boolean() != true,
            onlyPrograms: try object["programs"]?.boolean() == true,
            isFallback: try object["fallback"]?.boolean() == true)
        guard let to = object["to"] else { return }
        let path = FilePath(try to.text())
        guard !path.isAbsolute, path.components.allSatisfy({ $0.kind == .regular }) else {
            throw to.fault("expected a directory below the output directory")
        }
        directory = path.string
    }
}

extension ResourceLimits {
    init(_ field: JSONField) throws(JSONError) {
        self.init()
        let object = try field.object("memory", "cpus", "pids")
        if let field = object["memory"] {
            memory = ResourceLimits.memory(parsing: try field.string())
            guard memory != nil else {
                throw field.fault("expected a size of at least 1M, such as \"512M\" or \"1.5G\"")
            }
        }
        if let field = object["cpus"] {
            guard case .number(let number) = field.value, let found = ResourceLimits.quota(parsing: "\(number)") else {
                throw field.fault("expected a number of CPUs of at least 0.01, such as 2 or 0.5")
            }
            quota = found
        }
        if let field = object["pids"] { processes = UInt64(try field.positiveInteger()) }
    }
}

extension JSONField {
    /// A string that is not empty.
    fileprivate func text() throws(JSONError) -> String {
        let text = try string()
        guard !text.isEmpty, !text.utf8.contains(0) else { throw fault("expected a non-empty string") }
        return text
    }

    fileprivate func sha256() throws(JSONError) -> String {
        let digits = try string()
        guard digits.utf8.count == 64, digits.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
            throw fault("expected 64 hexadecimal digits")
        }
        return digits.lowercased()
    }

    /// One without spaces that is not an option.
    fileprivate func word() throws(JSONError) -> String {
        let text = try text()
        guard !text.contains(where: \.isWhitespace), !text.hasPrefix("-") else { throw fault("expected one word") }
        return text
    }

    fileprivate func packages() throws(JSONError) -> [String] {
        var found: [String] = []
        for field in try array() {
            let name = try field.text()
            guard !name.hasPrefix("-"), !name.contains(",") else { throw field.fault("expected a package name") }
            found.append(name)
        }
        return found
    }

    fileprivate func environment() throws(JSONError) -> [String: String] {
        let found = try texts()
        for (key, field) in try members() where key.isEmpty || key.contains("=") {
            throw field.fault("expected a variable name")
        }
        return found
    }

    fileprivate func absolutePath() throws(JSONError) -> FilePath {
        let path = FilePath(try text()).lexicallyNormalized()
        guard path.isAbsolute, RootLayout.maySharePath(path) else {
            throw fault("expected an absolute path outside system directories, such as /build/NAME")
        }
        return path
    }

    fileprivate func pattern() throws(JSONError) -> String {
        let text = try text()
        guard PathPattern(text).components.contains(where: { $0 != ".." }) else {
            throw fault("expected a path or pattern such as dist/**")
        }
        return text
    }
}
