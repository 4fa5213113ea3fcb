// SPDX-License-Identifier: Apache-2.0

@testable import Acceleration
import Testing

@Suite struct CompilerDriverTests {
    @Test func `a driver made over looks in the root's directories, as a native one`() throws {
        let bytes = CompilerPrograms.driver()
        let driver = try #require(CompilerDriver(parsing: bytes, triplet: CompilerPrograms.triplet))
        #expect(!driver.isMadeOver)
        let changed = try #require(driver.madeOver)
        #expect(changed.count == bytes.count)
        let other = try #require(CompilerDriver(parsing: changed, triplet: CompilerPrograms.triplet))
        #expect(other.isMadeOver)
        #expect(other.madeOver == nil)
        let program = try #require(ELFProgram(parsing: changed))
        #expect(program.strings("/usr/lib/gcc/").count == 1)
        #expect(program.strings("gcc").count == 1)
        #expect(program.strings("/usr/lib/gcc-cross/").isEmpty)
    }

    @Test func `a string whose end something else may use is not touched`() throws {
        let bytes = CompilerPrograms.driver(sharing: true)
        #expect(CompilerDriver(parsing: bytes, triplet: CompilerPrograms.triplet)?.madeOver == nil)
    }

    @Test func `a driver with a system root of its own, or for another machine, is not touched`() throws {
        let elsewhere = CompilerPrograms.driver(systemRoot: "/opt")
        #expect(CompilerDriver(parsing: elsewhere, triplet: CompilerPrograms.triplet)?.madeOver == nil)
        #expect(CompilerDriver(parsing: CompilerPrograms.driver(), triplet: "riscv64-linux-gnu") == nil)
        #expect(CompilerDriver(parsing: [], triplet: CompilerPrograms.triplet) == nil)
    }
}
