// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// Compilations for another machine: distccd(1) in a root with the same compilers, one process for each connection to a
/// socket, which ssh forwards.
package enum WorkerPlace {
    /// What is installed where compilations are sent from, and where they are done.
    package static let packages = ["distcc", "socat"]
    /// What is said at the beginning.
    package static let begun = "mangrove: preparing to compile"
    /// What is said when connections are taken.
    package static let ready = "mangrove: ready to compile"
    package static let socketName: FilePath.Component = "socket"
    /// Where the socket's directory is in the root.
    package static let directory: FilePath = "/run/mangrove-worker"

    /// Takes connections until standard input ends, which is when whoever asked is gone. `jobs`: so many at once.
    package static func command(jobs: Int) -> [String] {
        let socket = directory.appending(socketName).string
        // distccd takes what it is told by whoever can reach the socket: ssh alone. Here it becomes another user, as it
        // insists on.
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
