// SPDX-License-Identifier: Apache-2.0
// What the parts of the code of Restart.h share. They lie in one section, which is copied whole.
#ifndef CDISPATCH_RESTARTING_H
#define CDISPATCH_RESTARTING_H

#include "Restart.h"
#include "calls.h"

#if MG_HAS_DISPATCH

#define MG_PART MG_PART_OF("mg_restart")

typedef void *(*mg_function)(void);

/// `code`: where the section begins.
MG_INLINE const struct mg_restart *mg_restart_header(const char *code) {
    return (const struct mg_restart *)code - 1;
}

MG_INLINE struct mg_restart_slots *mg_restart_slots_of(const struct mg_restart *restart) {
    return (struct mg_restart_slots *)((const char *)restart + restart->slots);
}

/// Executes the program as this one was executed; returns where that is not possible.
void mg_restart_execute(const struct mg_restart *restart, struct mg_restart_slots *slot);
/// The same in a child process, but for what this one has reported already, and ends as that does; returns where that is
/// not possible or not needed.
void mg_restart_repeat(const struct mg_restart *restart, struct mg_restart_slots *slot);

#endif
#endif
