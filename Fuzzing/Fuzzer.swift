// SPDX-License-Identifier: Apache-2.0

import Glibc

/// libFuzzer with its options, on the reader that MANGROVE_FUZZ_TARGET names: `scripts/fuzz` starts it.
@main enum Fuzzer {
    /// In the environment, because libFuzzer starts itself again for some of what it does.
    private static let target: FuzzTarget = {
        let name = getenv("MANGROVE_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            print("MANGROVE_FUZZ_TARGET has to be one of:", FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))
            exit(64)
        }
        return target
    }()

    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        _ = target
        exit(
            run(&count, &arguments) { start, count in
                Fuzzer.target.read(Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            })
    }
}

/// libFuzzer's, "Using libFuzzer as a library".
@_silgen_name("LLVMFuzzerRunDriver")
private func run(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ read: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
