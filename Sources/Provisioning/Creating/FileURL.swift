// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
package import SystemPackage

extension FilePath {
    /// The path in a `file:` URL (RFC 8089); nil: `text` is something else.
    package init?(fileURL text: String) {
        guard text.hasPrefix("file://"), let url = URL(string: text), ["", "localhost"].contains(url.host() ?? "")
        else {
            return nil
        }
        self.init(url.path(percentEncoded: false))
    }
}
