// SPDX-License-Identifier: Apache-2.0

internal import Catalogue
internal import PackageArchive

extension SnapshotMoment {
    /// The moment to which apt's sources pin a root, the newest if they name several, as snapshot.debian.org does for
    /// Debian and its security updates; nil unless every one of them names one.
    init?(pinnedBy sources: [AptSource]) {
        let uris = sources.flatMap { source in source.uris.map { (uri: $0, moment: source.snapshot) } }
        let moments = uris.compactMap { uri, moment in
            moment.flatMap { SnapshotMoment($0) }
                ?? uri.split(separator: "/").lazy.compactMap { SnapshotMoment($0) }.first
        }
        guard let newest = moments.max(), moments.count == uris.count else { return nil }
        self = newest
    }
}
