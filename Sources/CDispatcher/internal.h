// SPDX-License-Identifier: Apache-2.0
// What the code that is copied into images is made of: everything it calls or reads has to be in its section.
#ifndef CDISPATCH_INTERNAL_H
#define CDISPATCH_INTERNAL_H

#include "CDispatcher.h"
#include "calls.h"

#include <asm/stat.h>
#include <stdbool.h>

/// A function that goes into images.
#define MG_PART MG_PART_OF("mg_dispatch")

/// What the kernel passes to a new process: pointers into its stack.
struct mg_process {
    long *stack; ///< where argc is
    char **arguments;
    char **environment;
    unsigned long *auxiliary;
    int program;     ///< the opened program (AT_EXECFD), or -1
    bool privileged; ///< AT_SECURE
};

/// Memory for as long as it takes to decide: mapped when it is needed first, and unmapped before the interpreter goes
/// on, whose address space it would be in.
struct mg_arena {
    char *start;
    char *next;
};

/// How much there is of it. More than a response file may be.
enum { mg_arena_size = 16 << 20, mg_file_limit = 4 << 20 };

/// A continuation: the two registers that a structure of two words is returned in.
struct mg_continuation {
    long *stack;
    const char *entry;
};

// process.c

void mg_process_read(struct mg_process *process, long *stack);
/// Whether a variable of the list `names` is set and not empty (CDispatcher.h, `variables`).
bool mg_is_set(const struct mg_process *process, const char *names);
/// Adds those of `list` that are not set, by moving argc, arguments and environment down. Returns by how many words:
/// a multiple of `unit`, the last variable being there once more if need be.
int mg_add_environment(struct mg_process *process, const char *list, int unit);
/// `environment` as qemu hands it to a program: the last variable first, each name once, with its last value
/// (linux-user/envlist.c). `environment` itself where there is no memory.
char **mg_environment_as_emulated(struct mg_arena *arena, char **environment);
/// Undoes mg_add_environment(), which returned `words`.
void mg_remove_environment(struct mg_process *process, int words);

/// The value of the variable `name`; NULL where it is not set.
const char *mg_variable(const struct mg_process *process, const char *name);

// arguments.c

/// `own`, with the arguments in response files in their places; `own` itself where there are none. NULL where they
/// cannot be known for certain.
char **mg_flattened(struct mg_arena *arena, char **own);
/// Whether an argument is not for the native program. Those that another one takes the place of are replaced, in a copy:
/// then `*own` is that.
bool mg_has_refused(struct mg_arena *arena, const char *refused, const char *substitutes, char ***own);

/// Whether an argument matches one of `together`, and none is one of `apart`.
bool mg_has_together(const char *together, const char *apart, char **own);

// scan.c

/// Whether arguments, script, or a shell's environment have a text in them that an entry does not run natively with.
bool mg_has_refused_text(
    const struct mg_table *table, const struct mg_entry *entry, struct mg_arena *arena, char **own,
    char **environment);

// libraries.c

/// Whether LD_LIBRARY_PATH has a library of the entry's in a directory of its.
bool mg_has_other_library(
    const struct mg_table *table, const struct mg_entry *entry, const struct mg_process *process);

// strings.c

bool mg_equal(const char *a, const char *b);
const char *mg_next(const char *string);
bool mg_listed(const char *list, const char *string);
const char *mg_base_name(const char *path);
/// Whether `string` begins with `prefix`.
bool mg_begins(const char *string, const char *prefix);
/// Whether `string` matches a pattern of `list`: "*", "?", "[a-c]", "[!a]" (glob(7)).
bool mg_refused(const char *list, const char *string);
/// What stands behind `string` in a list of pairs; NULL where it is the first of none.
const char *mg_substitute(const char *list, const char *string);

// table.c

/// The entry for the file `found`, or NULL and why not in `outcome`.
const struct mg_entry *mg_find(const struct mg_table *table, const struct stat *found, enum mg_outcome *outcome);
bool mg_table_is_whole(const struct mg_table *table, uint64_t size);
bool mg_is(const struct mg_identity *identity, const struct stat *found);
/// Whether `count` guards from `guards` on are as they were.
bool mg_guards_hold(const struct mg_table *table, uint32_t guards, uint32_t count);

// log.c

void mg_log(const struct mg_table *table, const struct mg_process *process, enum mg_outcome outcome);

// system.c

long mg_stat(const char *path, struct stat *found);
long mg_fstat(int descriptor, struct stat *found);
long mg_close_on_exec(int descriptor, bool close);
long mg_execute(const char *path, char **arguments, char **environment);
long mg_open_log(const char *path);
long mg_append(int descriptor, const struct mg_record *record, const char *path);
long mg_close(int descriptor);
/// Opens a file to be read; negative where that cannot be done.
long mg_open(const char *path);
long mg_read(int descriptor, char *buffer, long size);
bool mg_is_terminal(int descriptor);
/// `size` bytes of the arena, aligned; NULL where there are no more.
void *mg_allocate(struct mg_arena *arena, long size);
void mg_release(struct mg_arena *arena);
/// What the regular file `path` holds, with a zero byte behind it; NULL where it cannot be read, or is too large.
/// `*exists` is whether there is a file at all.
char *mg_contents(struct mg_arena *arena, const char *path, long *length, bool *exists);
long mg_read_link(const char *path, char *buffer, long size);
uint32_t mg_process_number(void);
uint64_t mg_time(void);

#endif
