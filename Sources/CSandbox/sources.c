// SPDX-License-Identifier: Apache-2.0
// What a run shows of the host, as mounts that are attached nowhere yet. Opened while the host's tree is in sight: by
// the child, or, where ids are shifted, by the parent, whom the host's directories let through.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "internal.h"

/// Out of the way of the numbers that have a meaning.
static int out_of_the_way(int descriptor) {
    if (descriptor < 0 || descriptor >= mg_first_free) return descriptor;
    int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, mg_first_free), error = errno;
    close(descriptor);
    errno = error;
    return moved;
}

/// The mount of `path` with `attributes`. `flags`: AT_RECURSIVE or 0. -1 and errno on failure.
static int source_open(const char *path, unsigned flags, unsigned attributes) {
    int mount = out_of_the_way(mg_tree_open(path, flags));
    if (mount < 0 || mg_mount_restrict(mount, attributes) == 0) return mount;
    int error = errno;
    close(mount);
    errno = error;
    return -1;
}

static int is_device(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode));
}

static unsigned attributes_of(const struct mg_operation *operation) {
    unsigned attributes = 0;
    if (operation->flags & mg_read_only) attributes |= MOUNT_ATTR_RDONLY;
    if (operation->flags & mg_no_set_id) attributes |= MOUNT_ATTR_NOSUID;
    // Who names a device wants it.
    if (operation->flags & mg_no_devices && !is_device(operation->source)) attributes |= MOUNT_ATTR_NODEV;
    return attributes;
}

int mg_devices_make(const struct mg_plan *plan) {
    static const struct {
        const char *name;
        unsigned major, minor;
    } nodes[] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
    int devices = out_of_the_way(mg_tmpfs_mount(0755, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
    for (size_t i = 0; devices >= 0 && i < sizeof nodes / sizeof *nodes; i++) {
        dev_t number = makedev(nodes[i].major, nodes[i].minor);
        // The umask takes bits away.
        if (mknodat(devices, nodes[i].name, S_IFCHR | 0666, number) < 0 ||
            fchmodat(devices, nodes[i].name, 0666, 0) < 0 ||
            fchownat(devices, nodes[i].name, plan->device_user, plan->device_group, 0) < 0) {
            close(devices);
            return -1;
        }
    }
    return devices;
}

void mg_devices_open(struct mg_child *child) {
    const struct mg_plan *plan = child->plan;
    if (child->devices >= 0) {
        // In this mount namespace only.
        if (mg_mount_attach(child->devices, "/dev") < 0) mg_fail(child, mg_step_devices, -1);
        close(child->devices);
    }
    for (size_t i = 0; i < plan->operation_count; i++) {
        if (plan->operations[i].kind != mg_device) continue;
        // Read-only: mode, owner and times stay as they are, and what the node does can still be done.
        plan->mounts[i] = source_open(
            plan->operations[i].source, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
        if (plan->mounts[i] < 0) mg_fail(child, mg_step_devices, (int)i);
    }
}

static void tell(struct mg_report *report, enum mg_step step, size_t index) {
    *report = (struct mg_report){.step = (int32_t)step, .error = errno, .index = (int32_t)index};
}

void mg_sources_open(const struct mg_plan *plan, struct mg_report *report) {
    *report = (struct mg_report){.index = -1};
    for (size_t i = 0; i < mg_source_count(plan); i++) plan->mounts[i] = -1;
    for (size_t i = 0; i < plan->operation_count; i++) {
        const struct mg_operation *operation = &plan->operations[i];
        if (operation->kind != mg_bind) continue;
        plan->mounts[i] = source_open(operation->source, AT_RECURSIVE, attributes_of(operation));
        if (plan->mounts[i] < 0 && !(operation->flags & mg_optional)) return tell(report, mg_step_prepare, i);
    }
    for (size_t i = 0; i < plan->rule_count; i++) {
        int mount = source_open(plan->rules[i].file, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
        if (mount < 0) return tell(report, mg_step_register, i);
        *mg_source_of_rule(plan, i) = mount;
    }
    if (!plan->root) return;
    // Not recursive where possible: what the host has mounted in the tree is no part of it. A user namespace may not
    // leave out mounts that lie over something (EINVAL): then they come along.
    int mount = source_open(plan->root, 0, MOUNT_ATTR_NODEV);
    if (mount < 0 && errno == EINVAL) mount = source_open(plan->root, AT_RECURSIVE, MOUNT_ATTR_NODEV);
    if (mount < 0) return tell(report, mg_step_root, (size_t)-1);
    *mg_source_of_root(plan) = mount;
    struct stat status;
    if (plan->root_inode && (fstat(mount, &status) < 0 || status.st_ino != plan->root_inode)) {
        errno = ESTALE;
        return tell(report, mg_step_root, (size_t)-1);
    }
    if (!plan->changes) return;
    *mg_source_of_changes(plan) = source_open(plan->changes, 0, MOUNT_ATTR_NODEV);
    if (*mg_source_of_changes(plan) < 0) tell(report, mg_step_changes, (size_t)-1);
}

void mg_sources_close(const struct mg_plan *plan) {
    for (size_t i = 0; i < mg_source_count(plan); i++) {
        if (plan->mounts[i] >= 0) close(plan->mounts[i]);
        plan->mounts[i] = -1;
    }
}


void mg_sources_shift(const struct mg_plan *plan, int users, struct mg_report *report) {
    *report = (struct mg_report){.index = -1};
    for (size_t i = 0; i < plan->operation_count; i++)
        if (plan->mounts[i] >= 0 && plan->operations[i].flags & mg_shifted && mg_mount_shift(plan->mounts[i], users) < 0)
            return tell(report, mg_step_shift, i);
    int root = *mg_source_of_root(plan);
    if (root >= 0 && mg_mount_shift(root, users) < 0) tell(report, mg_step_shift, (size_t)-1);
    int changes = *mg_source_of_changes(plan);
    if (changes >= 0 && mg_mount_shift(changes, users) < 0) tell(report, mg_step_shift, (size_t)-1);
}
