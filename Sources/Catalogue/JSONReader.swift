// SPDX-License-Identifier: Apache-2.0

internal import Failures

/// A JSON value and where it stands, so that what is wrong with it can be said with its key.
struct JSONField {
    let value: JSONValue
    /// "distros.ubuntu.releases"; empty at the top.
    let path: String
    let file: String

    func fault(_ reason: String) -> CatalogueError {
        CatalogueError(.malformed(place: path.isEmpty ? nil : path, reason: reason), file)
    }

    func string() throws(CatalogueError) -> String {
        guard case .string(let text) = value else { throw fault("expected a string, found \(value.kind)") }
        return text
    }

    func boolean() throws(CatalogueError) -> Bool {
        guard case .boolean(let value) = value else { throw fault("expected a boolean, found \(value.kind)") }
        return value
    }

    func array() throws(CatalogueError) -> [JSONField] {
        guard case .array(let values) = value else { throw fault("expected an array, found \(value.kind)") }
        return values.enumerated().map { JSONField(value: $1, path: "\(path)[\($0)]", file: file) }
    }

    func strings() throws(CatalogueError) -> [String] {
        var texts: [String] = []
        for field in try array() { texts.append(try field.string()) }
        return texts
    }

    /// The members in the order of their keys.
    func members() throws(CatalogueError) -> [(key: String, field: JSONField)] {
        guard case .object(let members) = value else { throw fault("expected an object, found \(value.kind)") }
        return members.sorted { $0.key < $1.key }.map {
            ($0.key, JSONField(value: $0.value, path: path.isEmpty ? $0.key : "\(path).\($0.key)", file: file))
        }
    }

    func texts() throws(CatalogueError) -> [String: String] {
        var texts: [String: String] = [:]
        for (key, field) in try members() { texts[key] = try field.string() }
        return texts
    }

    /// The members of an object that may have `keys` and no others.
    func object(_ keys: String...) throws(CatalogueError) -> JSONObject {
        let members = try members()
        for (key, field) in members where !keys.contains(key) {
            let nearest = NearestNames.of(key, among: keys).first.map { "; \($0) is one" } ?? ""
            throw field.fault("no such key is known here\(nearest)")
        }
        return JSONObject(field: self, members: Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.field) }))
    }
}

struct JSONObject {
    let field: JSONField
    fileprivate let members: [String: JSONField]

    subscript(key: String) -> JSONField? { members[key] }

    func required(_ key: String) throws(CatalogueError) -> JSONField {
        guard let member = members[key] else { throw field.fault("\(key) is missing") }
        return member
    }

    func strings(_ key: String) throws(CatalogueError) -> [String] {
        guard let member = members[key] else { return [] }
        return try member.strings()
    }

    func texts(_ key: String) throws(CatalogueError) -> [String: String] {
        guard let member = members[key] else { return [:] }
        return try member.texts()
    }
}
