// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

MG_PART bool mg_equal(const char *a, const char *b) {
    while (*a == *b) {
        if (*a == 0) return true;
        a++;
        b++;
    }
    return false;
}

MG_PART const char *mg_next(const char *string) {
    while (*string != 0) string++;
    return string + 1;
}

MG_PART bool mg_listed(const char *list, const char *string) {
    for (; *list != 0; list = mg_next(list)) {
        if (mg_equal(list, string)) return true;
    }
    return false;
}

MG_PART bool mg_refused(const char *list, const char *string) {
    for (; *list != 0; list = mg_next(list)) {
        if (*list == '=') {
            if (mg_equal(list + 1, string)) return true;
            continue;
        }
        const char *rest = string;
        const char *prefix = list;
        while (*prefix != 0 && *prefix == *rest) {
            prefix++;
            rest++;
        }
        if (*prefix == 0) return true;
    }
    return false;
}

MG_PART const char *mg_substitute(const char *list, const char *string) {
    for (; *list != 0; list = mg_next(mg_next(list))) {
        if (mg_equal(list, string)) return mg_next(list);
    }
    return NULL;
}

MG_PART const char *mg_base_name(const char *path) {
    const char *name = path;
    for (; *path != 0; path++) {
        if (*path == '/') name = path + 1;
    }
    return name;
}
