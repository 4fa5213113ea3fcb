// SPDX-License-Identifier: Apache-2.0

internal import CYAML

/// A YAML document, read by libyaml. Scalars stay text: "3.10" is no number.
enum YAMLValue: Equatable {
    case scalar(String)
    case sequence([YAMLValue])
    case mapping([String: YAMLValue])

    var text: String? { if case .scalar(let text) = self { text } else { nil } }

    /// The first document in `bytes`. Aliases are refused: what is read here has none, and they can make a small
    /// document large. `url` serves messages.
    static func parse(_ bytes: [UInt8], from url: String) throws(CatalogueError) -> YAMLValue {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { unsafe parser.deallocate() }
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            throw CatalogueError(.unusableDocument(reason: "out of memory in libyaml"), url)
        }
        defer { unsafe yaml_parser_delete(parser) }
        // libyaml keeps the pointer: all parsing is done while it is valid.
        let result: Result<YAMLValue, CatalogueError> = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            var reader = unsafe Reader(parser: parser, url: url)
            do throws(CatalogueError) {
                return .success(try unsafe reader.document())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    @unsafe private struct Reader {
        let parser: UnsafeMutablePointer<yaml_parser_t>
        let url: String

        private enum Event {
            case start, end, scalar(String), sequence, mapping, close
        }

        mutating func document() throws(CatalogueError) -> YAMLValue {
            while true {
                switch try unsafe next() {
                case .start: continue
                case .end: throw unsafe fault("it is empty")
                case let event: return try unsafe value(event, depth: 0)
                }
            }
        }

        private mutating func value(_ event: Event, depth: Int) throws(CatalogueError) -> YAMLValue {
            guard depth < 32 else { throw unsafe fault("it is nested too deeply") }
            switch event {
            case .scalar(let text): return .scalar(text)
            case .sequence:
                var items: [YAMLValue] = []
                while true {
                    let event = try unsafe next()
                    if case .close = event { return .sequence(items) }
                    items.append(try unsafe value(event, depth: depth + 1))
                }
            case .mapping:
                var members: [String: YAMLValue] = [:]
                while true {
                    let event = try unsafe next()
                    if case .close = event { return .mapping(members) }
                    guard case .scalar(let key) = event else { throw unsafe fault("a key is no text") }
                    members[key] = try unsafe value(try unsafe next(), depth: depth + 1)
                }
            case .start, .end, .close: throw unsafe fault("it ends too early")
            }
        }

        private mutating func next() throws(CatalogueError) -> Event {
            var event = unsafe yaml_event_t()
            guard unsafe yaml_parser_parse(parser, &event) == 1 else {
                let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "it is no YAML"
                throw unsafe fault(problem)
            }
            defer { unsafe yaml_event_delete(&event) }
            switch unsafe event.type {
            case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT: return .start
            case YAML_SCALAR_EVENT:
                let text = unsafe UnsafeBufferPointer(start: event.data.scalar.value, count: event.data.scalar.length)
                return .scalar(unsafe String(decoding: text, as: UTF8.self))
            case YAML_SEQUENCE_START_EVENT: return .sequence
            case YAML_MAPPING_START_EVENT: return .mapping
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .close
            case YAML_ALIAS_EVENT: throw unsafe fault("it has an alias")
            default: return .end
            }
        }

        private func fault(_ reason: String) -> CatalogueError {
            let state = unsafe parser.pointee
            let line = unsafe state.error == YAML_NO_ERROR ? state.mark.line : state.problem_mark.line
            return unsafe CatalogueError(.unusableDocument(reason: "line \(line + 1): \(reason)"), url)
        }
    }
}
