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

/// Whether the script that an interpreter is called for is in the table.
MG_PART static bool is_eligible_script(
    const struct mg_table *table, const struct mg_entry *interpreter, const char *options, char **own) {
    char **script = script_of(options, own);
    if (*script == NULL || **script == '-') return false;
    struct stat found;
    if (mg_stat(*script, &found) != 0) return false;
    enum mg_outcome outcome;
    const struct mg_entry *entry = mg_find(table, &found, &outcome);
    return entry != NULL && (entry->flags & mg_script) != 0 && entry->native.inode == interpreter->root.inode &&
           entry->native.device == interpreter->root.device;
}

/// Whether an argument is not for the native program.
MG_PART static bool has_refused_argument(const char *refused, const char *substitutes, char **own) {
    if (*refused == 0) return false;
    for (char **argument = own + 1; *argument != NULL; argument++) {
        if (!mg_refused(refused, *argument)) continue;
        if (argument[1] == NULL || mg_substitute(substitutes, argument[1]) == NULL) return true;
        argument++;
    }
    return false;
}

/// Puts other arguments in the place of those that stand behind refused ones, or (with `back`) these again.
MG_PART static void substitute(const char *refused, const char *substitutes, char **own, bool back) {
    if (*substitutes == 0) return;
    for (char **argument = own + 1; *argument != NULL && argument[1] != NULL; argument++) {
        if (!mg_refused(refused, *argument)) continue;
        argument++;
        for (const char *from = substitutes; *from != 0; from = mg_next(mg_next(from))) {
            const char *to = mg_next(from);
            if (back ? *argument == to : mg_equal(from, *argument)) {
                *argument = (char *)(back ? from : to);
                break;
            }
        }
    }
}

/// Executes the program, with another script before its own; returns if it cannot be executed.
MG_PART static void execute_by(
    const char *start, const char *path, const char *options, const struct mg_process *process) {
    char **own = process->arguments + own_index;
    char **script = script_of(options, own);
    char *program = own[-1];
    // What stands before the script makes room by moving over the program's path.
    for (char **argument = own; argument < script; argument++) *(char *volatile *)(argument - 1) = *argument;
    script[-1] = (char *)start;
    mg_execute(path, own - 1, process->environment);
    for (char **argument = script - 1; argument >= own; argument--) *(char *volatile *)argument = argument[-1];
    own[-1] = program;
}

/// Executes the host's program in this one's place; returns why not.
MG_PART static enum mg_outcome execute_native(const struct mg_table *table, struct mg_process *process) {
    if (mg_is_set(process, (const char *)table + table->unless)) return mg_by_environment;
    if (process->privileged) return mg_privileged;
    struct stat found;
    if (mg_fstat(process->program, &found) != 0) return mg_not_listed;
    enum mg_outcome outcome;
    const struct mg_entry *entry = mg_find(table, &found, &outcome);
    if (entry == NULL) return outcome;
    const char *names = (const char *)table + entry->names;
    char **own = process->arguments + own_index;
    if (own[0] == NULL || (entry->flags & mg_script) != 0) return mg_not_eligible;
    if ((entry->flags & mg_by_name) != 0 && !is_eligible_name(names, own)) return mg_not_eligible;
    if ((entry->flags & mg_by_script) != 0 && !is_eligible_script(table, entry, names, own)) return mg_not_eligible;
    const char *refused = (const char *)table + entry->refused;
    const char *substitutes = (const char *)table + entry->substitutes;
    if (has_refused_argument(refused, substitutes, own)) return mg_not_eligible;
    if (mg_is_set(process, (const char *)table + entry->variables)) return mg_by_environment;
    if (!mg_guards_hold(table, entry)) return mg_changed;
    const char *path = (const char *)table + entry->path;
    struct stat native;
    if (mg_stat(path, &native) != 0 || !mg_is(&entry->native, &native)) return mg_native_missing;

    mg_log(table, process, mg_native);
    // The descriptor is the kernel's doing: the program's caller does not know of it.
    mg_close_on_exec(process->program, true);
    int words = mg_add_environment(process, (const char *)table + entry->environment, 1);
    own = process->arguments + own_index;
    substitute(refused, substitutes, own, false);
    const char *start = (const char *)table + entry->start;
    if (*start != 0) {
        execute_by(start, path, names, process);
    } else {
        mg_execute(path, own, process->environment);
    }
    substitute(refused, substitutes, own, true);
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
    enum mg_outcome outcome = execute_native(table, &process);
    mg_log(table, &process, outcome);
    // Two words, for the stack has to stay aligned: the variable comes twice, which is once to the interpreter.
    mg_add_environment(&process, (const char *)table + table->environment, 2);
    next.stack = process.stack;
    return next;
}

#endif
