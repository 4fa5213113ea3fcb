// SPDX-License-Identifier: Apache-2.0

package import Transfer

extension Configuration.Network {
    /// The settings of transfers: these where given, else Transfer's defaults.
    package func settings(version: String) -> NetworkSettings {
        var settings = NetworkSettings(version: version)
        if let stallTimeout { settings.stallTimeout = .seconds(stallTimeout) }
        if let connectTimeout { settings.connectTimeout = .seconds(connectTimeout) }
        if let attempts { settings.attempts = attempts }
        if let connectionsPerHost { settings.connectionsPerHost = connectionsPerHost }
        return settings
    }
}
