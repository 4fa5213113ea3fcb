// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// Compilations for another machine: distccd(1) in a root with the same compilers, one process per connection to a
/// socket that ssh forwards.
package enum WorkerPlace {
    /// The packages needed on both sides.
    package static let packages = ["distcc", "socat"]
    /// The message at the start.
    package static let begun = "mangrove: preparing to compile"
    /// The message once connections are accepted.
    package static let ready = "mangrove: ready to compile"
    package static let socketName: FilePath.Component = "socket"
    /// The socket's directory in the root.
    package static let directory: FilePath = "/run/mangrove-worker"

    /// Accepts connections until standard input ends, which means that the client is gone. `jobs`: the maximum at once.
    package static func command(jobs: Int) -> [String] {
        let socket = directory.appending(socketName).string
        // distccd trusts whoever can reach the socket: ssh alone. In the root it changes to another user, as it
        // requires.
        let script = """
            PATH=/usr/bin:/bin:/usr/local/bin
            export PATH
            socat UNIX-LISTEN:\(socket),mode=600,fork,max-children=\(jobs) \
                EXEC:'distccd --inetd --enable-tcp-insecure --log-level error --log-file /dev/null',nofork &
            tries=0
            until [ -S \(socket) ]; do
                tries=$((tries + 1))
                [ $tries -lt 200 ] || exit 1
                sleep 0.05
            done
            echo '\(ready)'
            cat >/dev/null
            """
        return ["/bin/sh", "-c", script]
    }
}
