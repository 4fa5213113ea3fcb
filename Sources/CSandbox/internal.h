// SPDX-License-Identifier: Apache-2.0
#ifndef CSANDBOX_INTERNAL_H
#define CSANDBOX_INTERNAL_H

#include "CSandbox.h"

/// What a child carries from one step to the next.
struct mg_child {
    const struct mg_plan *plan;
    int control;
    int report;
    int binfmt;   ///< the private binfmt_misc as a detached mount, or -1
    int proc;     ///< proc(5) of the run's processes as a detached mount, or -1
    int devices;  ///< a tmpfs with device nodes as a detached mount, or -1
    int has_group; ///< 1: the run is not in the top cgroup
    int terminal; ///< the pseudo-terminal's other side, or -1
};

/// Numbers from here on are not taken by what a command keeps, nor by what leads to the parent.
enum { mg_first_free = 10 };

/// Tells the parent and ends the child. `index` -1: no particular one.
_Noreturn void mg_fail(const struct mg_child *child, enum mg_step step, int index);

// Of the calling process, by system calls: glibc's functions of those names take locks that another thread of the
// caller's may have held, to do the same in threads that are not in this process. -1 and errno on failure.
int mg_set_groups(size_t count, const gid_t *groups);
int mg_set_group(gid_t group);
int mg_set_user(uid_t user);

// File systems as detached mounts (fsmount(2), open_tree(2)). -1 and errno on failure.
enum mg_filesystem { mg_fs_proc, mg_fs_mqueue, mg_fs_cgroup2, mg_fs_binfmt_misc };
int mg_filesystem_mount(enum mg_filesystem kind);
int mg_tmpfs_mount(mode_t mode, unsigned attributes);
/// `options`: "key=value" or "key", comma-separated.
int mg_devpts_mount(const char *options);
/// What is upper and what lower of an overlay: paths, or names in the current directory.
int mg_overlay_mount(const char *lower, const char *upper, const char *work);
/// `flags`: AT_RECURSIVE or 0.
int mg_tree_open(const char *path, unsigned flags);
int mg_mount_attach(int mount, const char *path);
int mg_mount_attach_over(int mount, int over);
/// Sets MOUNT_ATTR_* flags, all the way down, and detaches from the host what is mounted there later on.
int mg_mount_restrict(int mount, unsigned attributes);
/// Shifts the ids of its files by the maps of a user namespace, of which `users` is a descriptor. EINVAL where the file
/// system cannot, EPERM where it has been done.
int mg_mount_shift(int mount, int users);

/// Opens all that a run shows of the host, into `plan->mounts`: see mg_source_of_rule, mg_source_of_root and
/// mg_source_of_changes. By the
/// child, or by the parent for it. `report` as mg_sandbox_start()'s. Their numbers are free ones.
void mg_sources_open(const struct mg_plan *plan, struct mg_report *report);
void mg_sources_close(const struct mg_plan *plan);
/// Shifts the ids in those that want it by the maps of the user namespace `users`, a descriptor.
void mg_sources_shift(const struct mg_plan *plan, int users, struct mg_report *report);
static inline int *mg_source_of_rule(const struct mg_plan *plan, size_t rule) {
    return &plan->mounts[plan->operation_count + rule];
}
static inline int *mg_source_of_root(const struct mg_plan *plan) {
    return &plan->mounts[plan->operation_count + plan->rule_count];
}
static inline int *mg_source_of_changes(const struct mg_plan *plan) {
    return mg_source_of_root(plan) + 1;
}
static inline size_t mg_source_count(const struct mg_plan *plan) {
    return plan->operation_count + plan->rule_count + 2;
}

/// A tmpfs with nodes of the run's own. -1 where this process may not make any.
int mg_devices_make(const struct mg_plan *plan);
/// Opens the nodes, into `plan->mounts`: own ones where `child->devices` has them. After mg_sources_open(), for then the
/// host's may be out of sight.
void mg_devices_open(struct mg_child *child);

// Of a process in a user namespace below this one's. -1 and errno on failure.
int mg_maps_write(pid_t process, const char *users, const char *groups);
/// A descriptor of that namespace.
int mg_users_open(pid_t process);

void mg_binfmt_prepare(struct mg_child *child);
void mg_root_enter(struct mg_child *child);
/// After mg_root_enter(): targets are resolved inside the root.
void mg_mounts_attach(struct mg_child *child);
/// From here on chown(2) to what the user namespace has no id for succeeds without effect.
void mg_ownership_pretend(void);
void mg_terminal_open(struct mg_child *child);
_Noreturn void mg_init(struct mg_child *child);

/// Makes PID 1 of the run in the namespaces the command runs in; it goes on by mg_inside_continue(). Sets `child->proc`.
/// Returns a descriptor for that.
int mg_inside_make(struct mg_child *child);
/// Tells it that all is mounted.
void mg_inside_continue(struct mg_child *child, int inside);

#endif
