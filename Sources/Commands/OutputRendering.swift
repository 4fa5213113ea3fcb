// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Terminal

/// `--format`.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

/// Something a command reports: as text for people, as JSON for programs.
protocol Report {
    associatedtype Document: Encodable
    /// What `--format json` prints. Its shape is documented and only ever grows.
    var document: Document { get }
    func text(colour: Bool) -> String
}

/// The one place that knows every output format.
enum OutputRendering {
    static func render(_ report: some Report, as format: OutputFormat, colour: Bool) -> String {
        switch format {
        case .table: report.text(colour: colour)
        case .json: Console.json(report.document)
        }
    }

    static func show(_ report: some Report, as format: OutputFormat) throws {
        try Console.print(render(report, as: format, colour: OutputStream.standardOutput.showsColour))
    }
}
