// SPDX-License-Identifier: Apache-2.0

/// What `--version` says (semver.org).
package let version = "0.1.0"
