// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

#if MG_HAS_DISPATCH

enum { path_limit = 4096 };

/// Whether the directory that `path` names, from `begin` to `end`, has the file `name`. An empty name is the current one.
MG_PART static bool has(const char *begin, const char *end, const char *name) {
    char path[path_limit];
    char *to = path;
    char *limit = path + path_limit - 1;
    for (const char *from = begin; from < end && to < limit; from++) *(volatile char *)to++ = *from;
    if (begin < end && to < limit) *to++ = '/';
    while (*name != 0 && to < limit) *(volatile char *)to++ = *name++;
    // What is too long the loader has no room for, either.
    if (to == limit) return false;
    *to = 0;
    struct stat found;
    return mg_stat(path, &found) == 0;
}

MG_PART bool mg_has_other_library(
    const struct mg_table *table, const struct mg_entry *entry, const struct mg_process *process) {
    const char *libraries = (const char *)table + entry->libraries;
    const char *path = mg_variable(process, (const char *)table + table->library_path);
    if (path == NULL || *path == 0 || *libraries == 0) return false;
    for (;;) {
        const char *end = path;
        while (*end != 0 && *end != ':' && *end != ';') {
            // $LIB and $PLATFORM (ld.so(8)) are others of the host.
            if (*end == '$') return true;
            end++;
        }
        for (const char *name = libraries; *name != 0; name = mg_next(name)) {
            if (has(path, end, name)) return true;
        }
        if (*end == 0) return false;
        path = end + 1;
    }
}

#endif
