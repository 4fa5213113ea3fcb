// SPDX-License-Identifier: Apache-2.0
// libcurl, 7.80 or later, and what of it Swift cannot call: variadic functions, and options whose name changed.
#ifndef MANGROVE_CCURL_H
#define MANGROVE_CCURL_H

#include <curl/curl.h>

CURLcode mg_curl_set_long(CURL *handle, CURLoption option, long value);
/// The string is copied by libcurl.
CURLcode mg_curl_set_string(CURL *handle, CURLoption option, const char *value);
CURLcode mg_curl_set_pointer(CURL *handle, CURLoption option, void *value);
/// CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
CURLcode mg_curl_set_sink(CURL *handle, CURLoption option, size_t (*function)(char *, size_t, size_t, void *));
CURLcode mg_curl_set_prereq(CURL *handle, curl_prereq_callback function);
/// Which protocols a URL and a redirect may name: comma-separated for libcurl 7.85 and later, bits before.
CURLcode mg_curl_set_protocols(
    CURL *handle, const char *names, long bits, const char *redirect_names, long redirect_bits);
/// Sockets that a program started meanwhile does not inherit.
CURLcode mg_curl_set_close_on_exec(CURL *handle);

CURLcode mg_curl_get_long(CURL *handle, CURLINFO info, long *value);
CURLcode mg_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value);
/// The string belongs to the handle and lives until its next transfer.
CURLcode mg_curl_get_string(CURL *handle, CURLINFO info, const char **value);

CURLMcode mg_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);
/// A handle whose transfer is over, and its result; null when there is no more.
CURL *mg_curl_multi_finished(CURLM *multi, CURLcode *result);

/// curl_url_get(3), whose first parameter is const in some versions.
CURLUcode mg_curl_url_get(CURLU *url, CURLUPart part, char **text, unsigned flags);

#endif
