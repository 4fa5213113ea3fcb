// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// A transfer of libcurl's (libcurl-easy(3)), cleaned up with its owner.
@safe struct EasyHandle: ~Copyable {
    /// Names the transfer while it lasts.
    struct ID: Hashable {
        private let address: UInt

        init(_ pointer: UnsafeMutableRawPointer) { address = UInt(bitPattern: pointer) }
    }

    var id: ID { unsafe ID(pointer) }

    /// For calls that take the handle; valid no longer than this value.
    let pointer: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?

    /// nil where memory is short.
    init?() {
        guard let pointer = unsafe curl_easy_init() else { return nil }
        unsafe self.pointer = unsafe pointer
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        unsafe mg_curl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText)
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe curl_slist_free_all(headers)
        unsafe errorText.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) {
        unsafe mg_curl_set_long(pointer, option, value)
    }

    func set(_ option: CURLoption, _ value: String?) {
        unsafe mg_curl_set_string(pointer, option, value)
    }

    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) {
        unsafe mg_curl_set_pointer(pointer, option, value)
    }

    mutating func addHeader(_ line: String) {
        if let longer = unsafe curl_slist_append(headers, line) { unsafe headers = unsafe longer }
        unsafe mg_curl_set_pointer(pointer, CURLOPT_HTTPHEADER, headers)
    }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        unsafe mg_curl_get_long(pointer, info, &value)
        return value
    }

    func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        unsafe mg_curl_get_offset(pointer, info, &value)
        return Int64(value)
    }

    func string(_ info: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        guard unsafe mg_curl_get_string(pointer, info, &value) == CURLE_OK, let value = unsafe value else { return nil }
        return unsafe String(cString: value)
    }

    /// What libcurl has to say on `code`, in one line.
    func message(_ code: CURLcode) -> String {
        let detail = unsafe String(cString: errorText)
        let text = detail.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : detail
        return String(text.map { $0.isNewline ? " " : $0 })
    }
}
