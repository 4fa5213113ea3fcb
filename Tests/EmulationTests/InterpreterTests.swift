// SPDX-License-Identifier: Apache-2.0

import Architectures
import Emulation
import Failures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct InterpreterTests {
    /// A program with a PT_INTERP, made from a static one.
    private func dynamicProgram(_ architecture: Architecture) -> [UInt8] {
        var program = architecture.probeProgram
        let loader = Array("/lib/ld.so\0".utf8)
        program[64] = 3  // PT_INTERP
        program[72] = UInt8(program.count)  // its offset
        program[96] = UInt8(loader.count)  // its size
        return program + loader
    }

    private func failure(_ body: () throws(EmulationError) -> Void) -> EmulationError? {
        do throws(EmulationError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test func looksUnderEveryNameThatDistributionsUse() {
        let paths = Interpreter.candidates(for: .arm64, directories: ["/opt/bin", "/usr/bin"])
        #expect(
            paths == [
                "/usr/bin/qemu-aarch64-static", "/usr/local/bin/qemu-aarch64-static", "/opt/bin/qemu-aarch64-static",
                "/usr/bin/qemu-aarch64", "/usr/local/bin/qemu-aarch64", "/opt/bin/qemu-aarch64",
                "/usr/libexec/qemu-binfmt/aarch64-binfmt-P", "/usr/bin/qemu-aarch64-binfmt-P",
            ])
        #expect(Interpreter.searchPath("/a:relative::/b") == ["/a", "/b"])
    }

    @Test func aDynamicallyLinkedInterpreterIsRefusedByName() throws {
        try withScratchDirectory { scratch in
            let path = scratch.appending("qemu-riscv64")
            try AtomicFile.write(dynamicProgram(.amd64), to: path)
            let error = failure { () throws(EmulationError) in
                _ = try Interpreter.find(.riscv64, host: .amd64, choice: path, distribution: OSRelease(parsing: ""))
            }
            #expect(error?.kind == .unusableInterpreter)
            #expect(error?.status == .badConfiguration)
            #expect(error?.cause?.contains("\(path): dynamically linked (needs /lib/ld.so") == true)
        }
    }

    @Test func programsForOtherMachinesScriptsAndMissingFilesAreRefused() throws {
        try withScratchDirectory { scratch in
            func cause(_ bytes: [UInt8]?) throws -> String? {
                let path = scratch.appending("qemu")
                if let bytes { try AtomicFile.write(bytes, to: path) }
                return failure { () throws(EmulationError) in
                    _ = try Interpreter.find(
                        .arm64, host: .amd64, choice: path, distribution: OSRelease(parsing: ""))
                }?.cause
            }
            let missing = try cause(nil)
            #expect(missing?.hasSuffix("no such file") == true)
            let script = try cause(Array("#!/bin/sh\n".utf8))
            #expect(script?.hasSuffix("not an ELF program") == true)
            let foreign = try cause(Architecture.arm64.probeProgram)
            #expect(foreign?.hasSuffix("expected a program for amd64") == true)
        }
    }

    @Test func whatDoesNotSayItsVersionIsNoInterpreter() throws {
        try withScratchDirectory { scratch in
            let path = scratch.appending("qemu")
            try installProgram(Architecture.host.probeProgram, at: path)
            let error = failure { () throws(EmulationError) in _ = try Interpreter.find(.arm64, choice: path) }
            #expect(error?.kind == .misbehaved)
            #expect(error?.cause?.contains("exits with status 42") == true)
        }
    }

    @Test(arguments: [
        ("ID=debian\nVERSION_ID=\"12\"", "apt install qemu-user-static"),
        ("ID=debian\nVERSION_ID=\"13\"", "apt install qemu-user"), ("ID=debian", "apt install qemu-user"),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=24.04", "apt install qemu-user-static"),
        ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"", "apt install qemu-user-static"),
        ("ID=raspbian\nID_LIKE=debian\nVERSION_ID=13", "apt install qemu-user-static"),
        ("ID=fedora", "dnf install qemu-user-static"), ("ID=rocky\nID_LIKE=\"rhel centos fedora\"", "dnf install"),
        ("ID=arch", "pacman -S qemu-user-static"), ("ID=alpine", "apk add qemu-aarch64"),
        ("ID=opensuse-tumbleweed\nID_LIKE=\"opensuse suse\"", "zypper install qemu-linux-user"),
        ("", "install qemu's statically linked user-mode emulator, qemu-aarch64-static"),
    ])
    func theRemedyIsThisDistributionsCommand(_ text: String, _ command: String) {
        let remedy = OSRelease(parsing: text).installCommand(for: .arm64)
        #expect(remedy.hasSuffix(command) || remedy.contains(command + " "), "\(remedy)")
    }

    @Test func versionsAreReadAndComparedAsNumbers() throws {
        let debian = try #require(
            QemuVersion(parsing: "qemu-aarch64 version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright"))
        #expect(debian == QemuVersion(7, 2, 22))
        #expect(debian.wantsFixedAddresses)
        let next = try #require(QemuVersion(parsing: "qemu-arm version 10.0.0-rc2"))
        #expect(debian < next)
        #expect(!next.wantsFixedAddresses)
        #expect(QemuVersion(parsing: "qemu-arm 10.0") == nil)
        #expect(QemuVersion(parsing: "") == nil)
    }

    @Test func kernelsAreComparedAsNumbers() throws {
        #expect(try #require(KernelRelease(parsing: "6.7.0-arch1")).hasPrivateBinfmt)
        #expect(try #require(KernelRelease(parsing: "6.18.44")).hasPrivateBinfmt)
        #expect(try !#require(KernelRelease(parsing: "6.6.99")).hasPrivateBinfmt)
        #expect(try !#require(KernelRelease(parsing: "5.15.0-91-generic")).hasPrivateBinfmt)
        #expect(KernelRelease(parsing: "linux") == nil)
    }

    @Test func argument0IsPreservedWhereQemuAndKernelAgree() {
        func flags(_ version: QemuVersion, _ kernel: KernelRelease, _ path: FilePath = "/usr/bin/qemu-arm-static")
            -> String
        {
            Interpreter(architecture: .armhf, path: path, version: version).rule(on: kernel).flags.letters
        }
        #expect(flags(QemuVersion(7, 2), KernelRelease(6, 7)) == "PF")
        #expect(flags(QemuVersion(5, 2), KernelRelease(6, 7)) == "F")
        #expect(flags(QemuVersion(7, 2), KernelRelease(5, 10)) == "F")
        #expect(flags(QemuVersion(5, 2), KernelRelease(5, 10), "/usr/libexec/qemu-binfmt/arm-binfmt-P") == "PF")
        let interpreter = Interpreter(architecture: .arm64, path: "/q", version: QemuVersion(9, 1))
        #expect(interpreter.rule(on: KernelRelease(6, 7), credentials: true).flags.letters == "POCF")
    }

    @Test func theUsersCPUWinsAndArm64DoesWithoutPointerAuthentication() {
        let new = QemuVersion(7, 2)
        #expect(EmulatedCPU.choose(.arm64, version: new, environment: nil) == "max,pauth=off")
        #expect(EmulatedCPU.choose(.arm64, version: QemuVersion(5, 2), environment: nil) == nil)
        #expect(EmulatedCPU.choose(.riscv64, version: new, environment: nil) == nil)
        #expect(EmulatedCPU.choose(.arm64, version: new, environment: "cortex-a57") == "cortex-a57")
        #expect(EmulatedCPU.choose(.arm64, version: new, environment: "") == "max,pauth=off")
        #expect(EmulatedCPU.choose(.arm64, version: new, option: "max", environment: "cortex-a57") == "max")
    }
}
