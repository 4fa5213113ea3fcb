// SPDX-License-Identifier: Apache-2.0

import Architectures
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Acceleration

@Suite struct MachineLibraryTests {
    private typealias Function = @convention(c) (UnsafeMutablePointer<utsname>) -> CInt

    @Test func itsUnameSaysTheMachineAndNothingElseOfItsOwn() throws {
        try withScratchDirectory { scratch in
            let path = scratch.appending("uname.so")
            let library = try #require(MachineLibrary(naming: "aarch64x"))
            try AtomicFile.write(library.bytes, to: path)
            let handle = try #require(dlopen(path.string, RTLD_NOW), "\(dlerror().map { String(cString: $0) } ?? "")")
            defer { dlclose(handle) }
            let uname = unsafeBitCast(try #require(dlsym(handle, "uname")), to: Function.self)
            var names = utsname()
            var real = utsname()
            #expect(uname(&names) == 0)
            #expect(Glibc.uname(&real) == 0)
            #expect(withUnsafeBytes(of: names.machine) { Array($0.prefix(9)) } == Array("aarch64x\0".utf8))
            #expect(withUnsafeBytes(of: names.sysname, Array.init) == withUnsafeBytes(of: real.sysname, Array.init))
            #expect(withUnsafeBytes(of: names.version, Array.init) == withUnsafeBytes(of: real.version, Array.init))
            #expect(
                withUnsafeBytes(of: names.__domainname, Array.init)
                    == withUnsafeBytes(of: real.__domainname, Array.init))
        }
    }

    @Test func namesThatAreTooLongAreRefused() {
        #expect(MachineLibrary(naming: String(repeating: "m", count: 64)) != nil)
        #expect(MachineLibrary(naming: String(repeating: "m", count: 65)) == nil)
    }
}
