// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

extension CompilerPairing {
    /// Arguments with which a driver does something that a cross compiler's cannot, or tells what a cross compiler is.
    private static let exceptions = [
        "--help", "--target-help", "-Q", "-dumpspecs", "-march=native", "-mcpu=native", "-mtune=native",
        "-fuse-ld=lld", "-fuse-ld=mold", "-wrapper", "-specs", "--specs", "--sysroot", "--prefix",
    ]
    /// The same, with more behind it.
    private static let exceptionPatterns = [
        "--help=*", "-B*", "--prefix=*", "-specs=*", "--specs=*", "--sysroot=*", "-fplugin*", "-stdlib=*",
    ]
    /// Those with which it tells something else of itself.
    private static let queries = ["-v", "-###", "--version"]
    private static let queryPatterns = ["-print-*", "--print-*", "-dump*", "--dump*"]

    /// Whether the root's own driver, being made for offloading, tells compilers of libraries that are linked, which they
    /// write down in debug information, and the native one does not (gcc.cc, forward_offload_option).
    private func tellsOffloading(_ path: String, _ native: [UInt8]) -> Bool {
        let text = Array("l_GCC_".utf8)
        return bytes(path, in: root.tree).map { Bytes.contain($0, text) } ?? false && !Bytes.contain(native, text)
    }

    mutating func pairDrivers(_ version: String) {
        guard compilers.path(of: "collect2", version) != nil else {
            return plan.fall("gcc-\(version)", nil, "it has no linker")
        }
        for name in CompilerDirectories.drivers {
            let path = binary("\(name)-\(version)")
            let package = "\(name)-\(version)"
            guard root.file(at: path) != nil, agree(package) else { continue }
            guard let bytes = bytes(path, in: tools.tree),
                CompilerDriver(parsing: bytes, triplet: triplet)?.isMadeOver ?? false
            else {
                plan.fall(package, path, "the tools tree's looks in other directories")
                continue
            }
            var exceptions = DispatchEntry.Exceptions()
            exceptions.patterns = Self.exceptions + Self.exceptionPatterns
            exceptions.readsResponses = true
            exceptions.variables = ["GCC_EXEC_PREFIX"]
            if tellsOffloading(path, bytes) {
                exceptions.patterns += ["-lm", "-lgfortran", "-lstdc++"]
                // They add -lm by themselves where they link what they compile, in this command or at link time.
                if name == "g++" {
                    exceptions.together = [
                        "-flto*", "*.c", "*.cc", "*.cp", "*.cpp", "*.cxx", "*.c++", "*.C", "*.ii", "-x*",
                    ]
                    exceptions.apart = ["-c", "-S", "-E"]
                }
            }
            guard agreement.answersAlike, let driver = request.drivers["\(name)-\(version)"],
                let file = try? OwnedDescriptor.open(driver, .readOnly), let status = try? file.status(of: driver)
            else {
                exceptions.patterns += Self.queries + Self.queryPatterns
                add(path, path, of: package, except: exceptions)
                continue
            }
            let place = ToolsRelocation.directory.appending("driver-\(name)-\(version)")
            plan.mounts.append(AccelerationPlan.Mount(driver, at: place))
            add(path, place, FileState(status), of: package, except: exceptions)
        }
        guard agree("gcc-\(version)") else { return }
        var exceptions = DispatchEntry.Exceptions()
        exceptions.patterns = ["-v", "--version"]
        for name in ["gcov", "gcov-dump", "gcov-tool"] {
            let path = binary("\(name)-\(version)")
            if root.file(at: path) != nil { add(path, path, of: "gcc-\(version)", except: exceptions) }
        }
    }
}

extension AccelerationRequest {
    /// The drivers of the tools tree's compilers, made over to say of themselves what the root's own do, by name and
    /// version of gcc: those where that is possible. To be written to files for `drivers`.
    package func answeringDrivers() -> [String: [UInt8]] {
        guard let own = try? Directory.open(root), let other = try? Directory.open(tools) else { return [:] }
        var found: [String: [UInt8]] = [:]
        for version in CompilerDirectories(architecture, in: own, cross: false).versions {
            for name in CompilerDirectories.drivers {
                let path = "/usr/bin/\(architecture.triplet)-\(name)-\(version)"
                guard let bytes = try? own.openInRoot(path).readToEnd(of: FilePath(path)),
                    let native = try? other.openInRoot(path).readToEnd(of: FilePath(path)),
                    let says = DriverIdentity(in: bytes),
                    let made = DriverIdentity(in: native)?.replaced(by: says, in: native)
                else { continue }
                found["\(name)-\(version)"] = made
            }
        }
        return found
    }
}
