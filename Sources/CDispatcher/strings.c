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

MG_PART bool mg_begins(const char *string, const char *prefix) {
    while (*prefix != 0) {
        if (*prefix++ != *string++) return false;
    }
    return true;
}

/// Where the set of characters that begins at `pattern`, behind its bracket, ends; whether `c` is in it.
MG_PART static const char *match_set(const char *pattern, char c, bool *is_in) {
    bool inverted = *pattern == '!';
    if (inverted) pattern++;
    bool found = false;
    const char *first = pattern;
    while (*pattern != 0 && (*pattern != ']' || pattern == first)) {
        if (pattern[1] == '-' && pattern[2] != ']' && pattern[2] != 0) {
            if (pattern[0] <= c && c <= pattern[2]) found = true;
            pattern += 3;
        } else {
            if (*pattern == c) found = true;
            pattern++;
        }
    }
    *is_in = found != inverted;
    return *pattern == ']' ? pattern + 1 : pattern;
}

MG_PART static bool matches(const char *pattern, const char *string) {
    const char *star = NULL;
    const char *rest = NULL;
    for (;;) {
        bool is_in = false;
        const char *next = pattern;
        if (*pattern == '*') {
            star = ++pattern;
            rest = string;
            continue;
        }
        if (*string == 0) {
            if (*pattern == 0) return true;
        } else if (*pattern == '[') {
            next = match_set(pattern + 1, *string, &is_in);
        } else if (*pattern != 0) {
            is_in = *pattern == '?' || *pattern == *string;
            next = pattern + 1;
        }
        if (is_in) {
            pattern = next;
            string++;
        } else {
            if (star == NULL || *rest == 0) return false;
            pattern = star;
            string = ++rest;
        }
    }
}

MG_PART bool mg_refused(const char *list, const char *string) {
    for (; *list != 0; list = mg_next(list)) {
        if (matches(list, string)) return true;
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
