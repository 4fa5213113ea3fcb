// SPDX-License-Identifier: Apache-2.0
// libcurl, 7.80 or later, and what of it Swift cannot call: variadic functions, and options whose name changed.
#ifndef MANGROVE_CCURL_H
#define MANGROVE_CCURL_H

#include <curl/curl.h>
#include <sys/socket.h>

// The names in parentheses are the functions, not curl's type-checking macros of the same name.

static inline CURLcode mg_curl_set_long(CURL *handle, CURLoption option, long value) {
    return (curl_easy_setopt)(handle, option, value);
}

/// The string is copied by libcurl.
static inline CURLcode mg_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode mg_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return (curl_easy_setopt)(handle, option, value);
}

/// CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
static inline CURLcode mg_curl_set_sink(
    CURL *handle, CURLoption option, size_t (*function)(char *, size_t, size_t, void *)) {
    return (curl_easy_setopt)(handle, option, function);
}

static inline CURLcode mg_curl_set_prereq(CURL *handle, curl_prereq_callback function) {
    return (curl_easy_setopt)(handle, CURLOPT_PREREQFUNCTION, function);
}

/// Which protocols a URL and a redirect may name: comma-separated for libcurl 7.85 and later, bits before.
static inline CURLcode mg_curl_set_protocols(
    CURL *handle, const char *names, long bits, const char *redirect_names, long redirect_bits) {
#if LIBCURL_VERSION_NUM >= 0x075500
    (void)bits;
    (void)redirect_bits;
    CURLcode code = (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS_STR, names);
    return code ? code : (curl_easy_setopt)(handle, CURLOPT_REDIR_PROTOCOLS_STR, redirect_names);
#else
    (void)names;
    (void)redirect_names;
    CURLcode code = (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS, bits);
    return code ? code : (curl_easy_setopt)(handle, CURLOPT_REDIR_PROTOCOLS, redirect_bits);
#endif
}

static inline curl_socket_t mg_curl_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// Sockets that a program started meanwhile does not inherit.
static inline CURLcode mg_curl_set_close_on_exec(CURL *handle) {
    return (curl_easy_setopt)(handle, CURLOPT_OPENSOCKETFUNCTION, mg_curl_socket);
}

static inline CURLcode mg_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(handle, info, value);
}

static inline CURLcode mg_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return (curl_easy_getinfo)(handle, info, value);
}

/// The string belongs to the handle and lives until its next transfer.
static inline CURLcode mg_curl_get_string(CURL *handle, CURLINFO info, const char **value) {
    return (curl_easy_getinfo)(handle, info, value);
}

static inline CURLMcode mg_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return (curl_multi_setopt)(multi, option, value);
}

/// A handle whose transfer is over, and its result; null when there is no more.
static inline CURL *mg_curl_multi_finished(CURLM *multi, CURLcode *result) {
    int left;
    for (struct CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

#endif
