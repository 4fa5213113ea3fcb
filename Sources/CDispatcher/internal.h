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

/// A continuation: the two registers that a structure of two words is returned in.
struct mg_continuation {
    long *stack;
    const char *entry;
};

// process.c

void mg_process_read(struct mg_process *process, long *stack);
/// Whether a variable of the list `names` is set and not empty.
bool mg_is_set(const struct mg_process *process, const char *names);
/// Adds those of `list` that are not set, by moving argc, arguments and environment down. Returns by how many words:
/// a multiple of `unit`, the last variable being there once more if need be.
int mg_add_environment(struct mg_process *process, const char *list, int unit);
/// Undoes mg_add_environment(), which returned `words`.
void mg_remove_environment(struct mg_process *process, int words);

// strings.c

bool mg_equal(const char *a, const char *b);
const char *mg_next(const char *string);
bool mg_listed(const char *list, const char *string);
const char *mg_base_name(const char *path);
/// Whether `string` begins with one of `list`, or, where that begins with "=", is the rest of it.
bool mg_refused(const char *list, const char *string);
/// What stands behind `string` in a list of pairs; NULL where it is the first of none.
const char *mg_substitute(const char *list, const char *string);

// table.c

/// The entry for the file `found`, or NULL and why not in `outcome`.
const struct mg_entry *mg_find(const struct mg_table *table, const struct stat *found, enum mg_outcome *outcome);
bool mg_table_is_whole(const struct mg_table *table, uint64_t size);
bool mg_is(const struct mg_identity *identity, const struct stat *found);
/// Whether all guards of an entry are as they were.
bool mg_guards_hold(const struct mg_table *table, const struct mg_entry *entry);

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
long mg_read_link(const char *path, char *buffer, long size);
uint32_t mg_process_number(void);
uint64_t mg_time(void);

#endif
