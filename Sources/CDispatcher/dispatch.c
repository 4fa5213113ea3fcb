// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

#if MG_HAS_DISPATCH

#include <linux/auxvec.h>

// Arguments as binfmt_misc passes them with flag P: the interpreter, the program's path, its own argv[0], the rest.
enum { own_index = 2 };

/// Whether a program that is many may run under the name it was called by.
MG_PART static bool is_eligible_name(const char *names, char **own) {
    const char *name = mg_base_name(own[0]);
    if (mg_listed(names, name)) return true;
    // "busybox sed": its first argument is the name. The program's own name is the list's first, marked.
    return *names == '=' && mg_equal(names + 1, name) && own[1] != NULL && mg_listed(mg_next(names), own[1]);
}

/// Where the script is that an interpreter is called for: the first argument that is none of its options.
MG_PART static char **script_of(const char *options, char **own) {
    char **script = own + 1;
    while (*script != NULL && mg_listed(options, *script)) script++;
    return script;
}

/// What an interpreter is given before the script that it is called for (a list); NULL if that is not eligible.
MG_PART static const char *start_of(
    const struct mg_table *table, const struct mg_entry *interpreter, const char *options, char **own) {
    char **script = script_of(options, own);
    if (*script == NULL) return NULL;
    const char *examined = (const char *)table + interpreter->examined;
    struct stat found;
    // To examine is to read in /proc what the process was given.
    if (*examined != 0 && mg_stat((const char *)table + table->descriptors, &found) != 0) return NULL;
    if (**script == '-') {
        bool has_code = ((*script)[1] == 'c' || (*script)[1] == 'm') && (*script)[2] == 0 && script[1] != NULL;
        return *examined != 0 && has_code ? examined : NULL;
    }
    if (mg_stat(*script, &found) != 0) return NULL;
    enum mg_outcome outcome;
    const struct mg_entry *entry = mg_find(table, &found, &outcome);
    if (entry != NULL && (entry->flags & mg_script) != 0 && entry->native.inode == interpreter->root.inode &&
        entry->native.device == interpreter->root.device) {
        return (const char *)table + interpreter->start;
    }
    // S_IFREG
    return *examined != 0 && (found.st_mode & 0170000) == 0100000 ? examined : NULL;
}

/// Executes the program, with the list `start` before its script; returns if it cannot be executed.
MG_PART static void execute_by(
    const char *start, const char *path, const char *options, char **own, struct mg_arena *arena, char **environment) {
    char **script = script_of(options, own);
    long count = 0;
    while (own[count] != NULL) count++;
    long added = 0;
    for (const char *one = start; *one != 0; one = mg_next(one)) added++;
    char **longer = mg_allocate(arena, (count + added + 1) * (long)sizeof *longer);
    if (longer == NULL) return;
    // Volatile: or the compiler calls memcpy().
    char *volatile *to = longer;
    for (char **from = own; from < own + count; from++) {
        for (const char *one = start; from == script && *one != 0; one = mg_next(one)) *to++ = (char *)one;
        *to++ = *from;
    }
    *to = NULL;
    mg_execute(path, longer, environment);
}

/// The native program for `process`, decided.
struct native {
    const struct mg_entry *entry;
    char **own;        ///< its arguments
    const char *start; ///< a list of further ones before the script; or empty
};

/// Whether a library is preloaded that is not looked for where the root's package has it.
MG_PART static bool preloads_another(const struct mg_table *table, const struct mg_process *process) {
    const char *variable = (const char *)table + table->preloading;
    if (*variable == 0) return false;
    const char *libraries = mg_variable(process, variable);
    if (libraries == NULL || *libraries == 0) return false;
    const char *path = mg_variable(process, (const char *)table + table->library_path);
    return path == NULL || !mg_begins(path, mg_next(variable));
}

/// Decides whether the host's program stands in; mg_native, or why not.
MG_PART static enum mg_outcome decide(
    const struct mg_table *table, const struct mg_process *process, struct mg_arena *arena, struct native *native) {
    if (mg_is_set(process, (const char *)table + table->unless)) return mg_by_environment;
    if (preloads_another(table, process)) return mg_by_environment;
    if (process->privileged) return mg_privileged;
    const char *emulated = (const char *)table + table->emulated;
    if (*emulated != 0 && mg_begins(process->arguments[1], emulated)) return mg_restarted;
    struct stat found;
    if (mg_fstat(process->program, &found) != 0) return mg_not_listed;
    enum mg_outcome outcome;
    const struct mg_entry *entry = mg_find(table, &found, &outcome);
    if (entry == NULL) return outcome;
    const char *names = (const char *)table + entry->names;
    char **own = process->arguments + own_index;
    if (own[0] == NULL || (entry->flags & mg_script) != 0) return mg_not_eligible;
    if ((entry->flags & mg_by_name) != 0 && !is_eligible_name(names, own)) return mg_not_eligible;
    native->start = (const char *)table + entry->start;
    if ((entry->flags & mg_by_script) != 0) native->start = start_of(table, entry, names, own);
    if (native->start == NULL) return mg_not_eligible;
    native->entry = entry;
    native->own = own;
    const char *together = (const char *)table + entry->together;
    const char *apart = (const char *)table + entry->apart;
    if ((entry->flags & mg_responses) != 0) {
        char **flattened = mg_flattened(arena, own);
        if (flattened == NULL || mg_has_together(together, apart, flattened)) return mg_not_eligible;
        // They are handed on as they are, unless one of them is replaced.
        char **all = flattened;
        const char *substitutes = (const char *)table + entry->substitutes;
        if (mg_has_refused(arena, (const char *)table + entry->refused, substitutes, &all)) return mg_not_eligible;
        if (all != flattened) native->own = all;
    } else if (mg_has_refused(
                   arena, (const char *)table + entry->refused, (const char *)table + entry->substitutes, &native->own)) {
        return mg_not_eligible;
    }
    if (mg_is_set(process, (const char *)table + entry->variables)) return mg_by_environment;
    if (mg_has_other_library(table, entry, process)) return mg_by_environment;
    if (!mg_guards_hold(table, table->guards, table->guard_count)) return mg_changed;
    if (!mg_guards_hold(table, entry->guards, entry->guard_count)) return mg_changed;
    if (mg_has_refused_text(table, entry, arena, own, process->environment)) return mg_by_text;
    struct stat state;
    if (mg_stat((const char *)table + entry->path, &state) != 0 || !mg_is(&entry->native, &state)) {
        return mg_native_missing;
    }
    return mg_native;
}

enum { name_limit = 512 };

/// `path`, or that of a link beside it to the same program that is called as `called`: from the name the kernel makes
/// that of the process (proc(5), comm).
MG_PART static const char *by_own_name(
    const char *path, const char *called, const struct mg_identity *native, char buffer[name_limit]) {
    const char *name = mg_base_name(called);
    const char *base = mg_base_name(path);
    if (mg_equal(name, base)) return path;
    char *to = buffer;
    char *limit = buffer + name_limit - 1;
    for (const char *from = path; from < base && to < limit; from++) *(volatile char *)to++ = *from;
    while (*name != 0 && to < limit) *(volatile char *)to++ = *name++;
    *to = 0;
    struct stat found;
    return to < limit && mg_stat(buffer, &found) == 0 && mg_is(native, &found) ? buffer : path;
}

/// Executes the host's program in this one's place; returns why not.
MG_PART static enum mg_outcome execute_native(
    const struct mg_table *table, struct mg_process *process, struct mg_arena *arena) {
    struct native native;
    enum mg_outcome outcome = decide(table, process, arena, &native);
    if (outcome != mg_native) return outcome;
    const struct mg_entry *entry = native.entry;
    mg_log(table, process, mg_native);
    // The descriptor is the kernel's doing: the program's caller does not know of it.
    mg_close_on_exec(process->program, true);
    bool is_copy = native.own != process->arguments + own_index;
    int words = mg_add_environment(process, (const char *)table + entry->environment, 1);
    char **own = is_copy ? native.own : process->arguments + own_index;
    char named[name_limit];
    const char *path =
        by_own_name((const char *)table + entry->path, process->arguments[1], &entry->native, named);
    char **environment = mg_environment_as_emulated(arena, process->environment);
    if (*native.start != 0) {
        execute_by(native.start, path, (const char *)table + entry->names, own, arena, environment);
    } else {
        mg_execute(path, own, environment);
    }
    // E2BIG, ENOEXEC, a loader that is not there: then the slow way.
    mg_remove_environment(process, words);
    mg_close_on_exec(process->program, false);
    return mg_native_failed;
}

struct mg_continuation mg_start(long *stack, const char *code);

MG_PART struct mg_continuation mg_start(long *stack, const char *code) {
    const struct mg_image *image = (const struct mg_image *)code - 1;
    const struct mg_table *table = (const struct mg_table *)((const char *)image + image->table);
    struct mg_continuation next;
    next.stack = stack;
    next.entry = (const char *)image + image->entry;
    struct mg_process process;
    mg_process_read(&process, stack);
    for (unsigned long *pair = process.auxiliary; pair[0] != AT_NULL; pair += 2) {
        if (pair[0] == AT_ENTRY) pair[1] = (unsigned long)next.entry;
    }
    // Registered with other flags, or executed as a program.
    if (stack[0] <= own_index || process.program < 0 || !mg_table_is_whole(table, image->size)) return next;
    struct mg_arena arena;
    arena.start = NULL;
    enum mg_outcome outcome = execute_native(table, &process, &arena);
    mg_release(&arena);
    mg_log(table, &process, outcome);
    // Two words, for the stack has to stay aligned: the variable comes twice, which is once to the interpreter.
    mg_add_environment(&process, (const char *)table + table->environment, 2);
    next.stack = process.stack;
    return next;
}

#endif
