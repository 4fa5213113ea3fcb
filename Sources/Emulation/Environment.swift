// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// This process's environment variables.
package enum Environment {
    package static subscript(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
