// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct CacheCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "See, share and delete what can be had again: downloads, tools trees.",
        subcommands: [CacheList.self, CachePrune.self, CachePush.self, CachePull.self])
}
