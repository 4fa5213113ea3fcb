// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

#if MG_HAS_DISPATCH

MG_PART static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Cuts `text` into the words of a response file, in place, and stores them at `words` (libiberty, buildargv()).
/// Returns how many there are; -1 where versions of that function differ about them.
MG_PART static long split(char *text, char **words) {
    long count = 0;
    for (;;) {
        while (is_blank(*text)) text++;
        if (*text == 0) return count;
        char *to = text;
        char *word = text;
        while (*text != 0 && !is_blank(*text)) {
            if (*text == '\'' || *text == '"') {
                char quote = *text++;
                while (*text != 0 && *text != quote) {
                    // What a backslash means in quotes changed.
                    if (*text == '\\') return -1;
                    *to++ = *text++;
                }
                if (*text == 0) return -1;
                text++;
            } else if (*text == '\\') {
                if (text[1] == 0 || text[1] == '\n') return -1;
                *to++ = text[1];
                text += 2;
            } else {
                *to++ = *text++;
            }
        }
        // A file named in a file may name another.
        if (*word == '@' && to > word + 1) return -1;
        bool ends = *text == 0;
        *to = 0;
        words[count++] = word;
        if (ends) return count;
        text++;
    }
}

MG_PART static long count_of(char **own) {
    long count = 0;
    while (own[count] != NULL) count++;
    return count;
}

MG_PART char **mg_flattened(struct mg_arena *arena, char **own) {
    bool has_file = false;
    for (char **argument = own + 1; *argument != NULL; argument++) {
        if (**argument == '@' && (*argument)[1] != 0) has_file = true;
    }
    if (!has_file) return own;
    long room = count_of(own) + 1;
    char **result = mg_allocate(arena, room * (long)sizeof *result);
    if (result == NULL) return NULL;
    long count = 0;
    for (char **argument = own; *argument != NULL; argument++) {
        if (argument == own || **argument != '@' || (*argument)[1] == 0) {
            result[count++] = *argument;
            continue;
        }
        bool exists;
        long length;
        char *text = mg_contents(arena, *argument + 1, &length, &exists);
        if (!exists) {
            // It is an argument like any other.
            result[count++] = *argument;
            continue;
        }
        if (text == NULL) return NULL;
        // As many words as there can be.
        char **words = mg_allocate(arena, (length / 2 + 1) * (long)sizeof *words);
        if (words == NULL) return NULL;
        long found = split(text, words);
        if (found < 0) return NULL;
        room += found;
        char **larger = mg_allocate(arena, room * (long)sizeof *larger);
        if (larger == NULL) return NULL;
        for (long i = 0; i < count; i++) ((char *volatile *)larger)[i] = result[i];
        for (long i = 0; i < found; i++) ((char *volatile *)larger)[count + i] = words[i];
        count += found;
        result = larger;
    }
    result[count] = NULL;
    return result;
}

MG_PART bool mg_has_refused(struct mg_arena *arena, const char *refused, const char *substitutes, char ***own) {
    if (*refused == 0) return false;
    bool is_copy = false;
    for (long i = 1; (*own)[i] != NULL; i++) {
        if (!mg_refused(refused, (*own)[i])) continue;
        if ((*own)[i + 1] == NULL) return true;
        const char *other = mg_substitute(substitutes, (*own)[i + 1]);
        if (other == NULL) return true;
        if (!is_copy) {
            long count = count_of(*own) + 1;
            char **copy = mg_allocate(arena, count * (long)sizeof *copy);
            if (copy == NULL) return true;
            for (long k = 0; k < count; k++) ((char *volatile *)copy)[k] = (*own)[k];
            *own = copy;
            is_copy = true;
        }
        (*own)[++i] = (char *)other;
    }
    return false;
}

MG_PART bool mg_has_together(const char *together, const char *apart, char **own) {
    if (*together == 0) return false;
    bool found = false;
    for (char **argument = own + 1; *argument != NULL; argument++) {
        if (mg_listed(apart, *argument)) return false;
        found = found || mg_refused(together, *argument);
    }
    return found;
}

#endif
