// SPDX-License-Identifier: Apache-2.0

/// "1 package", "2 packages". `plural`: where it is not the noun with an s.
package func counted(_ count: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? "\(noun)s")"
}
