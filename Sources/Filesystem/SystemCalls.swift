// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// Repeats a system call that a signal interrupted; nil on success, else its errno.
func retrying(_ call: () -> CInt) -> (value: CInt, error: Errno?) {
    while true {
        let value = call()
        if value >= 0 { return (value, nil) }
        let error = Errno.last
        if error != .interrupted { return (value, error) }
    }
}
