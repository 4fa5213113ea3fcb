// SPDX-License-Identifier: Apache-2.0

/// How far a step of a build is, as its tools say: `[12/345] CC foo.o` (ninja), `[ 12%] Building C object` (CMake).
enum StepProgress {
    /// nil where `line` says nothing of that kind.
    static func read(_ line: String) -> (completed: Int64, total: Int64)? {
        let text = line.drop { $0 == " " }
        guard text.first == "[", let end = text.firstIndex(of: "]") else { return nil }
        let inner = text[text.index(after: text.startIndex)..<end].drop { $0 == " " }
        if inner.last == "%" {
            return Int64(inner.dropLast()).flatMap { (0...100).contains($0) ? ($0, 100) : nil }
        }
        let numbers = inner.split(separator: "/", omittingEmptySubsequences: false).map { Int64($0) }
        guard numbers.count == 2, let completed = numbers[0], let total = numbers[1], total > 0,
            (0...total).contains(completed)
        else { return nil }
        return (completed, total)
    }
}
