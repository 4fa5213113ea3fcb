// SPDX-License-Identifier: Apache-2.0

/// How a piece of text stands out, where colour is shown.
package enum Style: String, Sendable {
    case heading = "1"
    case dim = "2"
    case bad = "1;31"
    case good = "32"
    case doubtful = "33"
}
