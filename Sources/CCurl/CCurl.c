// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
// Else some of the functions are macros, too.
#define CURL_DISABLE_TYPECHECK
#include "CCurl.h"

#include <sys/socket.h>

#include "CLoading.h"

MG_LOADING_NOTE(
    "[{\"feature\":\"transfers\",\"description\":\"fetching roots and packages\",\"priority\":\"required\","
    "\"soname\":[\"libcurl.so.4\",\"libcurl-gnutls.so.4\"]}]");

static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
static struct mg_library curl = {names, NULL};

MG_FORWARD(&curl, CURLcode, curl_global_init, (long flags), (flags))
MG_FORWARD(&curl, CURL *, curl_easy_init, (void), ())
MG_FORWARD(&curl, void, curl_easy_cleanup, (CURL *handle), (handle))
MG_FORWARD(&curl, const char *, curl_easy_strerror, (CURLcode code), (code))
MG_FORWARD(&curl, void, curl_free, (void *memory), (memory))
MG_FORWARD(&curl, time_t, curl_getdate, (const char *text, const time_t *unused), (text, unused))
MG_FORWARD(&curl, CURLM *, curl_multi_init, (void), ())
MG_FORWARD(&curl, CURLMcode, curl_multi_cleanup, (CURLM *multi), (multi))
MG_FORWARD(&curl, CURLMcode, curl_multi_add_handle, (CURLM *multi, CURL *handle), (multi, handle))
MG_FORWARD(&curl, CURLMcode, curl_multi_remove_handle, (CURLM *multi, CURL *handle), (multi, handle))
MG_FORWARD(&curl, CURLMcode, curl_multi_perform, (CURLM *multi, int *running), (multi, running))
MG_FORWARD(
    &curl, CURLMcode, curl_multi_poll,
    (CURLM *multi, struct curl_waitfd *others, unsigned count, int milliseconds, int *ready),
    (multi, others, count, milliseconds, ready))
MG_FORWARD(&curl, CURLMcode, curl_multi_wakeup, (CURLM *multi), (multi))
MG_FORWARD(&curl, CURLMsg *, curl_multi_info_read, (CURLM *multi, int *left), (multi, left))
MG_FORWARD(&curl, struct curl_slist *, curl_slist_append, (struct curl_slist *list, const char *text), (list, text))
MG_FORWARD(&curl, void, curl_slist_free_all, (struct curl_slist *list), (list))
MG_FORWARD(&curl, CURLU *, curl_url, (void), ())
MG_FORWARD(&curl, void, curl_url_cleanup, (CURLU *url), (url))
MG_FORWARD(
    &curl, CURLUcode, curl_url_set, (CURLU *url, CURLUPart part, const char *text, unsigned flags),
    (url, part, text, flags))

#define FUNCTION(name) ((__typeof__(&name))mg_library_function(&curl, #name))
#define SET(handle, option, value) FUNCTION(curl_easy_setopt)(handle, option, value)
#define GET(handle, info, value) FUNCTION(curl_easy_getinfo)(handle, info, value)

CURLcode mg_curl_set_long(CURL *handle, CURLoption option, long value) { return SET(handle, option, value); }

CURLcode mg_curl_set_string(CURL *handle, CURLoption option, const char *value) { return SET(handle, option, value); }

CURLcode mg_curl_set_pointer(CURL *handle, CURLoption option, void *value) { return SET(handle, option, value); }

CURLcode mg_curl_set_sink(CURL *handle, CURLoption option, size_t (*function)(char *, size_t, size_t, void *)) {
    return SET(handle, option, function);
}

CURLcode mg_curl_set_prereq(CURL *handle, curl_prereq_callback function) {
    return SET(handle, CURLOPT_PREREQFUNCTION, function);
}

CURLcode mg_curl_set_protocols(
    CURL *handle, const char *names, long bits, const char *redirect_names, long redirect_bits) {
#if LIBCURL_VERSION_NUM >= 0x075500
    (void)bits;
    (void)redirect_bits;
    CURLcode code = SET(handle, CURLOPT_PROTOCOLS_STR, names);
    return code ? code : SET(handle, CURLOPT_REDIR_PROTOCOLS_STR, redirect_names);
#else
    (void)names;
    (void)redirect_names;
    CURLcode code = SET(handle, CURLOPT_PROTOCOLS, bits);
    return code ? code : SET(handle, CURLOPT_REDIR_PROTOCOLS, redirect_bits);
#endif
}

static curl_socket_t socket_open(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURLcode mg_curl_set_close_on_exec(CURL *handle) { return SET(handle, CURLOPT_OPENSOCKETFUNCTION, socket_open); }

CURLcode mg_curl_get_long(CURL *handle, CURLINFO info, long *value) { return GET(handle, info, value); }

CURLcode mg_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) { return GET(handle, info, value); }

CURLcode mg_curl_get_string(CURL *handle, CURLINFO info, const char **value) { return GET(handle, info, value); }

CURLMcode mg_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return FUNCTION(curl_multi_setopt)(multi, option, value);
}

CURL *mg_curl_multi_finished(CURLM *multi, CURLcode *result) {
    int left;
    for (struct CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

CURLUcode mg_curl_url_get(CURLU *url, CURLUPart part, char **text, unsigned flags) {
    return FUNCTION(curl_url_get)(url, part, text, flags);
}
