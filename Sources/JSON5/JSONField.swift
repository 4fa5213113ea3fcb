// SPDX-License-Identifier: Apache-2.0

internal import Failures

/// A JSON value and where it stands, so that what is wrong with it can be said with its key.
package struct JSONField: Sendable {
    package let value: JSONValue
    /// "distros.ubuntu.releases"; empty at the top.
    package let path: String
    private let file: String
    private let lines: [String: Int]

    /// The whole of a document, to be read as JSON5; `file` serves messages.
    package init(parsing bytes: [UInt8], file: String) throws(JSONError) {
        self.init(
            value: try JSONValue.parse(bytes, file: file), path: "", file: file, lines: JSONSyntax.lines(in: bytes))
    }

    /// This, laid over `other`, which is all there is where this says nothing.
    package func overlaying(_ other: JSONValue) -> JSONField {
        JSONField(value: other.overlaid(with: value), path: path, file: file, lines: lines)
    }

    private init(value: JSONValue, path: String, file: String, lines: [String: Int]) {
        (self.value, self.path, self.file, self.lines) = (value, path, file, lines)
    }

    package func fault(_ reason: String) -> JSONError {
        let line = lines[path].map { "line \($0)" }
        let place = [line, path.isEmpty ? nil : path].compactMap(\.self).joined(separator: ": ")
        return JSONError(file: file, place: place.isEmpty ? nil : place, reason: reason)
    }

    package func string() throws(JSONError) -> String {
        guard case .string(let text) = value else { throw fault("expected a string, found \(value.kind)") }
        return text
    }

    package func boolean() throws(JSONError) -> Bool {
        guard case .boolean(let value) = value else { throw fault("expected a boolean, found \(value.kind)") }
        return value
    }

    package func number() throws(JSONError) -> Double {
        guard case .number(let value) = value else { throw fault("expected a number, found \(value.kind)") }
        return value
    }

    package func integer() throws(JSONError) -> Int {
        guard let value = Int(exactly: try number()) else { throw fault("expected a whole number") }
        return value
    }

    package func positive() throws(JSONError) -> Double {
        let value = try number()
        guard value > 0, value.isFinite else { throw fault("expected a number greater than 0") }
        return value
    }

    package func positiveInteger() throws(JSONError) -> Int {
        let value = try integer()
        guard value > 0 else { throw fault("expected a number greater than 0") }
        return value
    }

    /// One of the words of `Choice`.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type = Choice.self
    ) throws(JSONError) -> Choice {
        guard let value = Choice(rawValue: try string()) else {
            let words = Choice.allCases.map(\.rawValue)
            throw fault("expected \(words.dropLast().joined(separator: ", ")) or \(words.last ?? "")")
        }
        return value
    }

    package func array() throws(JSONError) -> [JSONField] {
        guard case .array(let values) = value else { throw fault("expected an array, found \(value.kind)") }
        return values.enumerated().map { JSONField(value: $1, path: "\(path)[\($0)]", file: file, lines: lines) }
    }

    package func strings() throws(JSONError) -> [String] {
        var texts: [String] = []
        for field in try array() { texts.append(try field.string()) }
        return texts
    }

    /// The members in the order of their keys.
    package func members() throws(JSONError) -> [(key: String, field: JSONField)] {
        guard case .object(let members) = value else { throw fault("expected an object, found \(value.kind)") }
        return members.sorted { $0.key < $1.key }.map {
            (
                $0.key,
                JSONField(
                    value: $0.value, path: path.isEmpty ? $0.key : "\(path).\($0.key)", file: file, lines: lines)
            )
        }
    }

    package func texts() throws(JSONError) -> [String: String] {
        var texts: [String: String] = [:]
        for (key, field) in try members() { texts[key] = try field.string() }
        return texts
    }

    /// The members of an object that may have `keys` and no others.
    package func object(_ keys: String...) throws(JSONError) -> JSONObject {
        let members = try members()
        for (key, field) in members where !keys.contains(key) {
            let hint =
                NearestNames.question(key, among: keys)
                ?? "expected \(keys.filter { !$0.hasPrefix("$") }.joined(separator: ", "))"
            throw field.fault("unknown key; \(hint)")
        }
        return JSONObject(field: self, members: Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.field) }))
    }
}

package struct JSONObject: Sendable {
    package let field: JSONField
    fileprivate let members: [String: JSONField]

    package subscript(key: String) -> JSONField? { members[key] }

    package func required(_ key: String) throws(JSONError) -> JSONField {
        guard let member = members[key] else { throw field.fault("\(key) is missing") }
        return member
    }

    package func strings(_ key: String) throws(JSONError) -> [String] {
        guard let member = members[key] else { return [] }
        return try member.strings()
    }

    package func texts(_ key: String) throws(JSONError) -> [String: String] {
        guard let member = members[key] else { return [:] }
        return try member.texts()
    }
}
