// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct CacheCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "Manage the cache: downloads, tools trees, layers.",
        subcommands: [CacheList.self, CachePrune.self, CachePush.self, CachePull.self])
}
