// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

#if MG_HAS_DISPATCH

#include <linux/auxvec.h>

MG_PART void mg_process_read(struct mg_process *process, long *stack) {
    process->stack = stack;
    process->arguments = (char **)(stack + 1);
    process->environment = process->arguments + stack[0] + 1;
    process->program = -1;
    process->privileged = false;
    char **end = process->environment;
    while (*end != NULL) end++;
    process->auxiliary = (unsigned long *)(end + 1);
    for (unsigned long *pair = process->auxiliary; pair[0] != AT_NULL; pair += 2) {
        if (pair[0] == AT_EXECFD) process->program = (int)pair[1];
        if (pair[0] == AT_SECURE) process->privileged = pair[1] != 0;
    }
}

/// The value in "NAME=VALUE" if its name is that of `variable`, which may have a value as well; else NULL.
MG_PART static const char *value(const char *string, const char *variable) {
    while (*variable != 0 && *variable != '=') {
        if (*string != *variable) return NULL;
        string++;
        variable++;
    }
    return *string == '=' ? string + 1 : NULL;
}

MG_PART const char *mg_variable(const struct mg_process *process, const char *name) {
    for (char **one = process->environment; *one != NULL; one++) {
        const char *found = value(*one, name);
        if (found != NULL) return found;
    }
    return NULL;
}

/// Whether `string` is one of `values`, each of which ends with "|".
MG_PART static bool is_among(const char *values, const char *string) {
    while (*values != 0) {
        const char *rest = string;
        while (*values != '|' && *values != 0 && *values == *rest) {
            values++;
            rest++;
        }
        if (*values == '|' && *rest == 0) return true;
        while (*values != '|' && *values != 0) values++;
        if (*values == '|') values++;
    }
    return false;
}

MG_PART bool mg_is_set(const struct mg_process *process, const char *names) {
    for (; *names != 0; names = mg_next(names)) {
        const char *found = mg_variable(process, names);
        if (found == NULL) continue;
        const char *values = names;
        while (*values != 0 && *values != '=') values++;
        if (*values == '=' && values[1] == 0) return true;
        if (*found == 0) continue;
        if (*values == 0 || !is_among(values + 1, found)) return true;
    }
    return false;
}

/// Whether two strings "NAME=VALUE" have the same name.
MG_PART static bool is_same_variable(const char *a, const char *b) {
    while (*a == *b && *a != '=') {
        a++;
        b++;
    }
    return *a == *b;
}

MG_PART char **mg_environment_as_emulated(struct mg_arena *arena, char **environment) {
    long count = 0;
    while (environment[count] != NULL) count++;
    char **result = mg_allocate(arena, (count + 1) * (long)sizeof *result);
    if (result == NULL) return environment;
    char **end = result;
    while (count-- > 0) {
        char *one = environment[count];
        const char *sign = one;
        while (*sign != 0 && *sign != '=') sign++;
        if (*sign == 0) continue;
        char **other = result;
        while (other < end && !is_same_variable(*other, one)) other++;
        if (other == end) *end++ = one;
    }
    *end = NULL;
    return result;
}

MG_PART int mg_add_environment(struct mg_process *process, const char *list, int unit) {
    char *added[mg_environment_limit];
    int count = 0;
    for (const char *one = list; *one != 0 && count < mg_environment_limit; one = mg_next(one)) {
        if (mg_variable(process, one) == NULL) added[count++] = (char *)one;
    }
    if (count == 0) return 0;
    int words = (count + unit - 1) / unit * unit;
    long *end = (long *)process->auxiliary - 1;
    // Volatile: or the compiler calls memmove().
    for (long *from = process->stack; from < end; from++) *(volatile long *)(from - words) = *from;
    for (int i = 0; i < words; i++) ((char **)end)[i - words] = added[i < count ? i : count - 1];
    process->stack -= words;
    process->arguments -= words;
    process->environment -= words;
    return words;
}

MG_PART void mg_remove_environment(struct mg_process *process, int words) {
    for (long *to = (long *)process->auxiliary - 2; words > 0 && to >= process->stack + words; to--) {
        *(volatile long *)to = *(to - words);
    }
    process->stack += words;
    process->arguments += words;
    process->environment += words;
}

#endif
