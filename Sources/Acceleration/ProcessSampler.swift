// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import Glibc
internal import SystemPackage

/// Samples the processes of a run.
package struct ProcessSampler: ~Copyable {
    /// How often to look: costs some hundredths of one processor.
    package static let interval: Duration = .milliseconds(10)

    private let proc: Directory
    private var samples: ProcessSamples

    /// `proc` is a proc(5) of the processes to look at, and shows nothing else.
    package init(_ proc: consuming Directory) {
        self.proc = proc
        samples = ProcessSamples(
            ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)), processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
            origin: Int64(bitPattern: Self.now(CLOCK_MONOTONIC) &- Self.now(CLOCK_BOOTTIME)))
    }

    /// The processes of a run whose first, as this process numbers it, is `process`: once the command is executed. nil
    /// where they cannot be seen, or not alone.
    package init?(ofRun process: Int32) {
        guard let list = try? FilePath("/proc/\(process)/task/\(process)/children").readFile(),
            let first = list.split(separator: UInt8(ascii: " ")).first,
            // The first process itself is not to be looked into.
            let proc = try? Directory.open(FilePath("/proc/\(String(decoding: first, as: UTF8.self))/root/proc")),
            // Where the kernel refused a run a proc(5) of its own it sees its host's.
            let own = Self.status("1", in: proc), let others = try? Directory.open("/proc"),
            own.started == Self.status("\(process)", in: others)?.started
        else { return nil }
        self.init(proc)
    }

    /// Records which processes are running now.
    package mutating func look() {
        let time = Self.now(CLOCK_MONOTONIC)
        guard let names = try? proc.names() else { return }
        var seen: [ProcessStatus] = []
        var ended: [UInt32] = []
        for name in names {
            let name = name.string
            guard let number = UInt32(name) else { continue }
            if let status = Self.status(name, in: proc) { seen.append(status) } else { ended.append(number) }
        }
        samples.add(seen, ended: ended, at: time)
    }

    /// What has been noted.
    package consuming func finish() -> ProcessSamples { samples }

    /// nil where it has ended.
    private static func status(_ process: String, in proc: borrowing Directory) -> ProcessStatus? {
        guard let bytes = try? proc.openInRoot(process + "/stat").read(upTo: 1024, of: proc.path) else { return nil }
        return ProcessStatus(parsing: bytes, at: now(CLOCK_MONOTONIC))
    }

    private static func now(_ clock: Int32) -> UInt64 {
        var time = timespec()
        guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
