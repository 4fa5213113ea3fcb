// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Building

@Suite struct ContainerDescriptionTests {
    @Test func aDockerfileNamesBaseAndPackages() {
        let file = Dockerfile(
            parsing: """
                # syntax=docker/dockerfile:1
                ARG RELEASE=12
                FROM golang:1.22 AS tools
                RUN go install example.org/tool@latest
                FROM --platform=linux/arm64 debian:${RELEASE}-slim
                ENV LANG=C.UTF-8 GREETING="hello there"
                ENV OLD form of it
                RUN apt-get update && DEBIAN_FRONTEND=noninteractive \\
                    apt-get install -y --no-install-recommends \\
                # of the compiler
                    build-essential 'pkg-config' libssl-dev \\
                    && rm -rf /var/lib/apt/lists/*
                COPY . /src
                RUN make -C /src
                WORKDIR /src
                CMD ["/src/app"]
                """)
        #expect(file.image == "debian:12-slim")
        #expect(file.packages == ["build-essential", "pkg-config", "libssl-dev"])
        #expect(file.environment == ["LANG": "C.UTF-8", "GREETING": "hello there", "OLD": "form of it"])
        #expect(file.others == ["COPY . /src", "RUN make -C /src"])
    }

    @Test(arguments: [
        ("FROM scratch", nil), ("FROM $UNKNOWN", nil), ("FROM ${A:-alpine}:3", "alpine:3"), ("", nil),
        ("from debian as a\nFROM a", "debian"), ("ARG A=x\nFROM ${A}/y@sha256:00", "x/y@sha256:00"),
    ])
    func theImageOfTheLastStageCounts(text: String, image: String?) {
        #expect(Dockerfile(parsing: text).image == image)
    }

    @Test(arguments: [
        "RUN apk add --no-cache gcc musl-dev", "RUN apt-get install -y gcc musl-dev; apt-get clean",
        "RUN set -eux; apt install gcc musl-dev",
    ])
    func packagesAreThoseThatAreInstalled(text: String) {
        let file = Dockerfile(parsing: "FROM a\n\(text)")
        #expect(file.packages == ["gcc", "musl-dev"] && file.others.isEmpty)
    }

    @Test(arguments: [
        "RUN curl x | sh", "RUN apt-get install -y ./a.deb $B", "RUN echo \"", "RUN a `b`", "USER 1", "ADD x y",
    ])
    func whatIsMoreThanThatIsSaid(text: String) {
        let file = Dockerfile(parsing: "FROM a\n\(text)")
        #expect(file.packages.isEmpty && file.others == [text])
    }

    private func description(_ files: [String: String]) throws -> ContainerDescription? {
        try withScratchDirectory { scratch in
            for (name, text) in files {
                let path = scratch.pushing(FilePath(name))
                try path.removingLastComponent().makeDirectories()
                try AtomicFile.write(Array(text.utf8), to: path)
            }
            return try ContainerDescription(of: SourceTree(scratch))
        }
    }

    @Test func aDevelopmentContainerIsRead() throws {
        let text = """
            {
              // what it is for
              "name": "project", "image": "mcr.microsoft.com/devcontainers/base:bookworm",
              "features": {"ghcr.io/devcontainers/features/go:1": {}}, "postCreateCommand": "make",
              "containerEnv": {"A": "b", "HERE": "${localWorkspaceFolder}"},
            }
            """
        let found = try #require(
            try description([".devcontainer/devcontainer.json": text, "Dockerfile": "FROM other"]))
        #expect(found.image == "oci:mcr.microsoft.com/devcontainers/base:bookworm" && found.environment == ["A": "b"])
        #expect(
            found.notes == [
                ".devcontainer/devcontainer.json: base oci:mcr.microsoft.com/devcontainers/base:bookworm",
                ".devcontainer/devcontainer.json: not followed: containerEnv.HERE, features, postCreateCommand",
            ])
    }

    @Test func itsDockerfileLiesBesideIt() throws {
        let found = try #require(
            try description([
                ".devcontainer/devcontainer.json": #"{"build": {"dockerfile": "Dockerfile"}}"#,
                ".devcontainer/Dockerfile": "FROM debian:13\nRUN apt-get install -y gcc",
            ]))
        #expect(found.image == "oci:debian:13" && found.packages == ["gcc"])
    }

    @Test func withoutEitherThereIsNothing() throws {
        #expect(try description(["Makefile": "all:"]) == nil)
    }
}
