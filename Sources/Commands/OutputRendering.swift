// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Filesystem
internal import Terminal

/// `--format`.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

/// Something a command reports: as text for people, as JSON for programs.
protocol CommandReport {
    associatedtype Document: Encodable
    /// What `--format json` prints. Its shape is documented and only ever grows.
    var document: Document { get }
    var text: StyledText { get }
    /// `text` on a terminal of `width` columns; nil: no limit.
    func text(width: Int?) -> StyledText
}

extension CommandReport {
    func text(width: Int?) -> StyledText { text }
}

/// A report that leaves out or breaks lines where there is little room.
protocol FittingReport: CommandReport {}

extension FittingReport {
    var text: StyledText { text(width: nil) }
}

/// The one place that knows every output format.
enum OutputRendering {
    static func show(
        _ report: some CommandReport, as format: OutputFormat, on output: OutputStream = .standardOutput
    ) throws(FilesystemError) {
        switch format {
        case .table: try output.write(report.text(width: output.reportWidth))
        case .json: try output.write(json: Console.json(report.document))
        }
    }
}
