// SPDX-License-Identifier: Apache-2.0

internal import Images
package import JSON5
internal import SystemPackage

/// A project's container description: a development container (containers.dev, "devcontainer.json reference") or a
/// Dockerfile.
package struct ContainerDescription: Equatable, Sendable {
    /// As `create` names it; nil: none is named.
    package private(set) var image: String?
    package private(set) var packages: [String] = []
    package private(set) var environment: [String: String] = [:]
    /// What was used, and what was not understood.
    package private(set) var notes: [String] = []

    private static let containers = [".devcontainer/devcontainer.json", ".devcontainer.json"]
    private static let dockerfiles = ["Dockerfile", "Containerfile"]
    /// Keys for editors, or for a running container.
    private static let ignored: Set<String> = [
        "$schema", "name", "customizations", "forwardPorts", "portsAttributes", "otherPortsAttributes", "remoteUser",
        "containerUser", "updateRemoteUserUID", "shutdownAction", "waitFor", "hostRequirements", "remoteEnv",
        "workspaceFolder", "workspaceMount", "userEnvProbe", "overrideCommand",
    ]

    /// nil if the source has neither. Throws if its JSON is invalid.
    package init?(of source: SourceTree) throws(JSONError) {
        if let path = Self.containers.first(where: source.has), let text = source.text(path) {
            try read(JSONField(parsing: Array(text.utf8), file: path), path, source)
        } else if let path = Self.dockerfiles.first(where: source.has) {
            read(dockerfile: path, source)
        } else {
            return nil
        }
    }

    private mutating func read(_ document: JSONField, _ path: String, _ source: SourceTree) throws(JSONError) {
        var others: [String] = []
        for (key, field) in try document.members() {
            switch key {
            case "image": take(try field.string(), from: path)
            case "build", "dockerFile":
                let name: String?
                if key == "build" {
                    name = try field.members().first { $0.key == "dockerfile" }?.field.string()
                } else {
                    name = try field.string()
                }
                let directory = path.split(separator: "/").dropLast().map { "\($0)/" }.joined()
                if let name { read(dockerfile: directory + name, source) }
            case "containerEnv":
                for (name, value) in try field.texts() {
                    if value.contains("${") { others.append("containerEnv.\(name)") } else { environment[name] = value }
                }
            default: if !Self.ignored.contains(key) { others.append(key) }
            }
        }
        if !others.isEmpty { notes.append("\(path): not followed: \(others.sorted().joined(separator: ", "))") }
    }

    private mutating func read(dockerfile path: String, _ source: SourceTree) {
        guard let text = source.text(path) else {
            notes.append("cannot read \(path)")
            return
        }
        let file = Dockerfile(parsing: text)
        if let name = file.image { take(name, from: path) }
        packages += file.packages.filter { !packages.contains($0) }
        environment.merge(file.environment) { own, _ in own }
        if !file.packages.isEmpty { notes.append("\(path): packages \(file.packages.joined(separator: " "))") }
        notes += file.others.map { "\(path): not followed: \($0)" }
    }

    private mutating func take(_ name: String, from path: String) {
        guard (try? ImageSource("oci:\(name)", relativeTo: "/")) != nil else {
            notes.append("\(path): \(name) does not name an image")
            return
        }
        image = "oci:\(name)"
        notes.append("\(path): base oci:\(name)")
    }
}

extension Recipe {
    /// Adds the contents of a container description.
    package mutating func add(_ container: ContainerDescription) {
        packages += container.packages.filter { !packages.contains($0) }
        environment.merge(container.environment) { own, _ in own }
    }
}
