// SPDX-License-Identifier: Apache-2.0

/// Tools trees for the same roots, made one after the other.
///
/// The first is called as its subject is, those that came after it `NAME.2` and so on; what counts is the newest. An
/// older one is deleted when the last run that began with it has ended.
extension ToolsTrees {
    /// A name's parts: the subject's, and which generation it is.
    private static func parts(_ name: RootName) -> (subject: String, number: Int) {
        let text = name.description
        guard let dot = text.lastIndex(of: "."), let number = Int(text[text.index(after: dot)...]) else {
            return (text, 1)
        }
        return (String(text[..<dot]), number)
    }

    /// What all of them for the same roots are called, but for their numbers.
    static func subjectName(of name: RootName) -> String { parts(name).subject }

    /// Oldest first.
    private func generations(of subject: Subject) throws(ProvisioningError) -> [RootName] {
        try generations(ofSubject: subject.name.description)
    }

    private func generations(ofSubject title: String) throws(ProvisioningError) -> [RootName] {
        try store.names().filter { Self.parts($0).subject == title }
            .sorted { Self.parts($0).number < Self.parts($1).number }
    }

    /// The name of the newest; nil where there is none.
    func newest(of subject: Subject) throws(ProvisioningError) -> RootName? {
        try generations(of: subject).last
    }

    /// What the next one is called, and its number.
    func next(of subject: Subject) throws(ProvisioningError) -> (name: RootName, number: Int) {
        try next(ofSubject: subject.name.description)
    }

    func next(ofSubject title: String) throws(ProvisioningError) -> (name: RootName, number: Int) {
        guard let newest = try generations(ofSubject: title).last else { return (try RootName(title), 1) }
        let number = Self.parts(newest).number + 1
        return (try RootName("\(title).\(number)"), number)
    }

    /// Whether a newer one has taken its place.
    package func isSuperseded(_ name: RootName) -> Bool {
        let parts = Self.parts(name)
        return ((try? store.names()) ?? []).contains {
            let other = Self.parts($0)
            return other.subject == parts.subject && other.number > parts.number
        }
    }

    /// Deletes those that a newer one has taken the place of, unless somebody is using them.
    package func removeSuperseded(_ subject: Subject, using workers: () throws -> any NamespacePerforming) {
        guard let names = try? generations(of: subject), names.count > 1, let workers = try? workers() else { return }
        for name in names.dropLast() { try? store.removeUnused(name, using: workers) }
    }
}
