// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

/// A module of ours: every one is built with the same strict settings.
func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources,
        swiftSettings: strict + [.strictMemorySafety()])
}

/// A C target of ours.
func cModule(
    _ name: String, _ dependencies: [Target.Dependency] = [], flags: [String] = [], settings: [CSetting] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies,
        cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
            + (flags.isEmpty ? [] : [.unsafeFlags(flags)]) + settings)
}

/// The commit that scripts build; a plain `swift build` names none. Only what includes it is compiled again.
let commit = Context.environment["MANGROVE_COMMIT"].flatMap { $0.isEmpty ? nil : $0 }

/// A C library of the system that is loaded when it is first used: of which most commands use nothing.
func loaded(_ name: String) -> Target { cModule(name, ["CLoading"]) }

/// Another one, found with pkg-config.
func library(_ name: String, pkgConfig: String, debian: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debian])])
}

/// The tests of one module, named after it. Without strict memory safety.
func tests(of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, exclude: exclude,
        swiftSettings: strict)
}

// Lowest first; a module depends on modules above it in this list only.
let package = Package(
    name: "mangrove",
    // Exact: the same commit is then the same program.
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    ],
    targets: [
        cModule("CLinux"),
        module("Failures"),
        module("Architectures"),
        module("Filesystem", ["CLinux", "Failures", system]),
        cModule("CLoading"),
        loaded("CArchive"),
        library("CISAL", pkgConfig: "libisal", debian: "libisal-dev"),
        module("Extraction", ["CArchive", "CLinux", "CISAL", "Failures", "Filesystem", system]),
        loaded("CCurl"),
        module("Transfer", ["CCurl", "Failures", "Filesystem", system]),
        module("Processes", ["Filesystem", system]),
        loaded("CCrypto"),
        module("Integrity", ["CCrypto", "Failures", "Filesystem", "Processes", system]),
        module(
            "PackageArchive",
            ["Architectures", "Extraction", "Failures", "Filesystem", "Integrity", "Processes", "Transfer", system]),
        module("JSON5", ["Failures"]),
        library("CYAML", pkgConfig: "yaml-0.1", debian: "libyaml-dev"),
        module(
            "Catalogue", ["Architectures", "CYAML", "Failures", "Filesystem", "Integrity", "JSON5", system],
            resources: [.embedInCode("distros.json")]),
        module(
            "Images", ["Architectures", "Failures", "Filesystem", "Integrity", "JSON5", "Processes", system]),
        module("Emulation", ["Architectures", "CLinux", "Failures", "Filesystem", "Processes", system]),
        // Its code is copied without what lies beside it, where tables of addresses would be.
        cModule("CDispatcher", flags: ["-fno-jump-tables"]),
        module(
            "Acceleration",
            ["Architectures", "CDispatcher", "CLinux", "Emulation", "Failures", "Filesystem", system],
            resources: (["eligibility.json", "compilers.json"]
                + ["examine", "examine_asciidoc", "examine_code", "examine_setup", "prepare", "start"].map {
                    "Python/\($0).py"
                }
                + ["small.c", "c.c", "small.cc", "cc.cc", "s.S", "job.sh"].map { "Compilers/Compared/\($0)" })
                .map { .embedInCode($0) }),
        module("Terminal", ["Failures", "Filesystem", system]),
        cModule("CSandbox"),
        module("Sandbox", ["CSandbox", "Emulation", "Failures", "Filesystem", "Processes", system]),
        module(
            "Provisioning",
            [
                "Acceleration", "Architectures", "Catalogue", "CLinux", "Emulation", "Extraction", "Failures",
                "Filesystem", "Images", "Integrity", "JSON5", "PackageArchive",
                "Sandbox",
                "Terminal", "Transfer", system,
            ]),
        module(
            "Building",
            [
                "Acceleration", "Architectures", "Emulation", "Failures", "Filesystem", "Images", "Integrity", "JSON5",
                "PackageArchive", "Processes", "Provisioning", "Sandbox", "Transfer", system,
            ],
            resources: [.embedInCode("Compilers/build-gcc.sh")]),
        module(
            "Commands",
            [
                "Acceleration", "Architectures", "Building", "Emulation", "Extraction", "Failures", "Filesystem",
                "Images", "Integrity",
                "PackageArchive", "Catalogue", "Processes", "Provisioning",
                "Sandbox",
                "Terminal", "Transfer", arguments, system,
            ]),
        cModule("CBuild", settings: commit.map { [.define("MANGROVE_COMMIT", to: $0)] } ?? []),
        .executableTarget(
            name: "mangrove", dependencies: ["CBuild", "Commands"], swiftSettings: strict + [.strictMemorySafety()]),

        // What several modules' tests share: scratch directories, servers, archives.
        .target(
            name: "Fixtures", dependencies: ["Filesystem", "Integrity", "Processes", system], path: "Tests/Fixtures",
            exclude: ["fault-server.py"], swiftSettings: strict),
        tests(of: "Architectures", ["Filesystem", system]),
        tests(of: "JSON5"),
        tests(of: "Images", ["Architectures", "Failures", "Filesystem", "Fixtures", "Integrity", system]),
        tests(of: "Catalogue", ["Architectures", "Failures", "Filesystem", "Fixtures", "Integrity", "JSON5", system]),
        tests(of: "Integrity", ["Failures", "Filesystem", "Fixtures", "Processes", system]),
        tests(of: "Emulation", ["Architectures", "Failures", "Filesystem", "Fixtures", "Processes", system]),
        tests(
            of: "Acceleration",
            ["Architectures", "CLinux", "Emulation", "Failures", "Filesystem", "Fixtures", "Processes", system]),
        tests(of: "Filesystem", ["Failures", "Fixtures", system]),
        tests(of: "Failures"),
        tests(
            of: "PackageArchive",
            [
                "Architectures", "Extraction", "Failures", "Filesystem", "Fixtures", "Integrity", "Processes",
                "Transfer",
                system,
            ]),
        tests(of: "Terminal", ["Filesystem", "Fixtures", system]),
        tests(
            of: "Provisioning",
            [
                "Acceleration", "Architectures", "Catalogue", "CLinux", "Emulation", "Extraction", "Failures",
                "Filesystem",
                "Fixtures", "Integrity", "PackageArchive",
                "Sandbox",
                "Terminal", "Transfer", system,
            ]),
        tests(
            of: "Building",
            [
                "Acceleration", "Architectures", "Failures", "Filesystem", "Fixtures", "Provisioning", "Sandbox",
                system,
            ]),
        tests(
            of: "Commands",
            [
                "Acceleration", "Architectures", "Building", "Catalogue", "Emulation", "Failures", "Filesystem",
                "Fixtures", "Processes",
                "Provisioning",
                "Terminal",
                arguments, system,
            ]),
        tests(of: "Processes", ["Filesystem", "Fixtures", system]),
        // The built program against real roots.
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Acceleration", "Architectures", "Catalogue", "CLinux", "Emulation", "Extraction", "Failures",
                "Filesystem", "Fixtures", "Integrity", "PackageArchive", "Processes", "Provisioning", "Sandbox",
                "Transfer", "mangrove",
                system,
            ],
            swiftSettings: strict),
        tests(of: "Sandbox", ["CSandbox", "Emulation", "Failures", "Filesystem", "Fixtures", system]),
        tests(of: "Transfer", ["Failures", "Filesystem", "Fixtures", system]),
        tests(of: "Extraction", ["CArchive", "CLinux", "Failures", "Filesystem", "Fixtures", system]),
    ],
    swiftLanguageModes: [.v6]
)

// The readers that scripts/fuzz gives bytes to, with everything instrumented; else they are tests that read the seeds.
let fuzzed: [Target.Dependency] = [
    "Acceleration", "Architectures", "Catalogue", "Emulation", "Extraction", "Filesystem", "PackageArchive",
    "Provisioning", system,
]
package.targets.append(
    Context.environment["MANGROVE_FUZZ"] == nil
        ? .testTarget(
            name: "FuzzingTests", dependencies: fuzzed, path: "Fuzzing", exclude: ["Fuzzer.swift", "Seeds"],
            swiftSettings: strict)
        : .executableTarget(
            name: "Fuzzing", dependencies: fuzzed, path: "Fuzzing", exclude: ["SeedTests.swift", "Seeds"],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]))
