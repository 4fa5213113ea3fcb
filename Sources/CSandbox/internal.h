// SPDX-License-Identifier: Apache-2.0
#ifndef CSANDBOX_INTERNAL_H
#define CSANDBOX_INTERNAL_H

#include "CSandbox.h"

/// What the child carries from one step to the next.
struct mg_child {
    const struct mg_plan *plan;
    int control;
    int report;
    int binfmt;   ///< the private binfmt_misc as a detached mount, or -1
    int terminal; ///< the pseudo-terminal's other side, or -1
};

/// Tells the parent and ends the child. `index` -1: no particular one.
_Noreturn void mg_fail(const struct mg_child *child, enum mg_step step, int index);

// Of the calling process, by system calls: glibc's functions of those names take locks that another thread of the
// caller's may have held, to do the same in threads that are not in this process. -1 and errno on failure.
int mg_set_groups(size_t count, const gid_t *groups);
int mg_set_group(gid_t group);
int mg_set_user(uid_t user);

void mg_cgroup_enter(const struct mg_child *child);
void mg_binfmt_prepare(struct mg_child *child);
void mg_mounts_prepare(struct mg_child *child);
void mg_root_enter(struct mg_child *child);
void mg_mounts_attach(struct mg_child *child);
/// From here on chown(2) to what the user namespace has no id for succeeds without effect.
void mg_ownership_pretend(void);
void mg_terminal_open(struct mg_child *child);
_Noreturn void mg_init(struct mg_child *child);

#endif
