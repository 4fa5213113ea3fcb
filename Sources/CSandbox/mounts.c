// SPDX-License-Identifier: Apache-2.0
// The root, and what is mounted in it. Everything of the host's is open already (sources.c): so every target is resolved
// inside the root, whatever links it holds, and every source outside it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

void mg_binfmt_prepare(struct mg_child *child) {
    const struct mg_plan *plan = child->plan;
    if (plan->rule_count == 0) return;
    // A user namespace has a binfmt_misc of its own from its first mount in it on (Linux 6.7), which those in it share;
    // it lives as long as that mount.
    child->binfmt = mg_filesystem_mount(mg_fs_binfmt_misc);
    if (child->binfmt < 0) mg_fail(child, mg_step_binfmt, -1);
    for (size_t i = 0; i < plan->rule_count; i++) {
        const struct mg_rule *rule = &plan->rules[i];
        // The kernel opens the interpreter at registration (flag F) and keeps it: through a mount that is read-only
        // and, once detached, nobody's to change, whatever /proc/PID/exe leads to.
        int *interpreter = mg_source_of_rule(plan, i);
        if (mg_mount_attach(*interpreter, rule->listed) < 0) mg_fail(child, mg_step_register, (int)i);
        int file = openat(child->binfmt, "register", O_WRONLY | O_CLOEXEC);
        if (file < 0) mg_fail(child, mg_step_register, (int)i);
        size_t length = strlen(rule->line);
        if (write(file, rule->line, length) != (ssize_t)length) mg_fail(child, mg_step_register, (int)i);
        close(file);
        // Else it goes with the host's tree, in mg_root_enter(): every umount(2) waits for all processors (RCU).
        if (!plan->root && umount2(rule->listed, MNT_DETACH) < 0) mg_fail(child, mg_step_register, (int)i);
        close(*interpreter);
        *interpreter = -1;
    }
}

/// An overlay of directories of the current one. -1 and errno on failure.
static int overlay_mount(const char *lower) {
    if (mkdir("work", 0755) < 0 && errno != EEXIST) return -1;
    if (mkdir("upper", 0755) < 0) return errno == EEXIST ? mg_overlay_mount(lower, "upper", "work") : -1;
    // A new one: its mode and owner are what is seen of the directory itself.
    struct stat status;
    if (stat(lower, &status) < 0 || chmod("upper", status.st_mode & 07777) < 0) return -1;
    if (chown("upper", status.st_uid, status.st_gid) < 0 && errno != EINVAL) return -1; // ids that are not mapped
    return mg_overlay_mount(lower, "upper", "work");
}

/// The tree that is attached as `lower`, its changes in `changes`, a mount (-1: in memory). -1 and errno on failure.
static int changed_root_attach(int lower, int changes) {
    if (changes < 0) changes = mg_tmpfs_mount(0755, MOUNT_ATTR_NODEV);
    // The upper directory must lie in a mount that is attached: over the root, in this namespace only.
    if (changes < 0 || mg_mount_attach_over(changes, lower) < 0 || fchdir(changes) < 0) return -1;
    char path[32] = "/proc/self/fd/";
    char *digit = path + strlen(path);
    for (int unit = 100000; unit; unit /= 10)
        if (lower >= unit || unit == 1) *digit++ = (char)('0' + lower / unit % 10);
    int overlay = overlay_mount(path);
    return overlay < 0 || mg_mount_attach_over(overlay, changes) < 0 ? -1 : overlay;
}

void mg_root_enter(struct mg_child *child) {
    if (!child->plan->root) return;
    int *source = mg_source_of_root(child->plan);
    // pivot_root(2) wants the new root to be a mount point: any will do, and "/" every process can reach.
    int root = mg_mount_attach(*source, "/") < 0 ? -1 : *source;
    if (root >= 0 && child->plan->throwaway) {
        root = changed_root_attach(root, *mg_source_of_changes(child->plan));
        if (root < 0) mg_fail(child, mg_step_changes, -1);
    }
    // pivot_root(".", ".") stacks the old root on the new one, where it is detached at once.
    if (root < 0 || fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
        chdir("/") < 0)
        mg_fail(child, mg_step_root, -1);
    if (root != *source) close(root);
    close(*source);
    *source = -1;
    int *changes = mg_source_of_changes(child->plan);
    if (*changes >= 0) close(*changes);
    *changes = -1;
}

/// mkdir -p; the last directory made gets `mode`, its parents 0755. -1 and errno on failure.
static int directory_make(const char *path, mode_t mode, int parents_only) {
    char buffer[4096];
    size_t length = strlen(path);
    if (length >= sizeof buffer) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(buffer, path, length + 1);
    for (char *slash = buffer + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        if (mkdir(buffer, 0755) < 0 && errno != EEXIST && errno != EROFS) return -1;
        *slash = '/';
    }
    if (parents_only) return 0;
    if (mkdir(buffer, mode) < 0) return errno == EEXIST || errno == EROFS ? 0 : -1;
    return chmod(buffer, mode); // the umask took bits away
}

static int file_make(const char *path, const char *bytes, mode_t mode) {
    // Nothing waits for a pipe that the root has there, and no link of it is followed.
    int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int file = open(path, flags | (bytes ? O_TRUNC : O_EXCL), mode);
    if (file < 0) return -1;
    struct stat status;
    if (fstat(file, &status) < 0 || !S_ISREG(status.st_mode)) {
        close(file);
        errno = EINVAL;
        return -1;
    }
    size_t length = bytes ? strlen(bytes) : 0;
    int result = write(file, bytes, length) == (ssize_t)length ? 0 : -1;
    close(file);
    return result;
}

/// Something to mount on: a directory for a directory, a file for anything else. What is there is left as it is.
static int target_make(int mount, const char *path) {
    struct stat status, there;
    if (fstat(mount, &status) < 0) return -1;
    if (stat(path, &there) == 0) return 0;
    if (S_ISDIR(status.st_mode)) return directory_make(path, 0755, 0);
    if (directory_make(path, 0, 1) < 0) return -1;
    return file_make(path, NULL, 0644);
}

/// Attaches and closes `mount`, which -1 says could not be made.
static int attach(int mount, const char *target) {
    if (mount < 0) return -1;
    int result = target_make(mount, target) < 0 ? -1 : mg_mount_attach(mount, target), error = errno;
    close(mount);
    errno = error;
    return result;
}

enum { harmless = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC };

/// What is mounted where there is nothing to be seen.
static int nothing_mount(int is_directory) {
    if (is_directory) return mg_tmpfs_mount(0555, harmless | MOUNT_ATTR_NODEV);
    int mount = mg_tree_open("/dev/null", 0);
    return mount < 0 || mg_mount_restrict(mount, harmless) == 0 ? mount : -1;
}

static int hide(const char *target) {
    struct stat status;
    if (lstat(target, &status) < 0 || S_ISLNK(status.st_mode)) return 0; // nothing to hide
    return attach(nothing_mount(S_ISDIR(status.st_mode)), target);
}

static int freeze(const char *target) {
    int mount = mg_tree_open(target, AT_RECURSIVE);
    if (mount < 0) return errno == ENOENT ? 0 : -1;
    if (mg_mount_restrict(mount, MOUNT_ATTR_RDONLY) < 0) {
        close(mount);
        return -1;
    }
    return attach(mount, target);
}

/// proc(5), and where plan->nested the same once more where nobody can reach it: in a tmpfs that the other covers. The
/// kernel lets programs inside mount proc(5) for PID namespaces of theirs only where there is one of which nothing is
/// hidden, and counts what is covered as a whole (mount_namespaces(7)).
static int proc_attach(struct mg_child *child, const char *target) {
    int proc = child->proc;
    child->proc = -1;
    if (!child->plan->nested) return attach(proc, target);
    if (attach(mg_tmpfs_mount(0755, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV), target) < 0 || chdir(target) < 0 ||
        mkdir("beneath", 0755) < 0 || attach(proc, "beneath") < 0)
        return -1;
    int another = mg_tree_open("beneath", AT_RECURSIVE);
    return chdir("/") < 0 ? -1 : attach(another, target);
}

/// The group that the run is in, for it is in a cgroup namespace of its own, and those below; no other. In the top one
/// that would be all of them.
static int cgroup_attach(const struct mg_child *child, const char *target) {
    int mount = child->has_group ? mg_filesystem_mount(mg_fs_cgroup2) : -1;
    if (mount < 0) return hide(target);
    if (mg_mount_restrict(mount, MOUNT_ATTR_RDONLY) == 0) return attach(mount, target);
    close(mount);
    return -1;
}

static int binfmt_attach(struct mg_child *child, const char *target) {
    int mount = child->binfmt;
    child->binfmt = -1;
    if (mount < 0) return 0;
    return mg_mount_restrict(mount, MOUNT_ATTR_RDONLY) < 0 ? -1 : attach(mount, target);
}

static int overlay_attach(const char *target) {
    if (chdir(target) < 0) return -1;
    int overlay = overlay_mount("lower"), error = errno;
    if (chdir("/") < 0) return -1;
    errno = error;
    return attach(overlay, target);
}

static int operation_attach(struct mg_child *child, const struct mg_operation *operation, int mount) {
    const char *target = operation->target;
    switch (operation->kind) {
    case mg_directory: return directory_make(target, operation->mode, 0);
    case mg_file: return file_make(target, operation->data, operation->mode);
    case mg_symlink: return symlink(operation->data, target);
    case mg_overlay: return overlay_attach(target);
    case mg_hidden: return hide(target);
    case mg_frozen: return freeze(target);
    case mg_proc: return proc_attach(child, target);
    case mg_tmpfs: return attach(mg_tmpfs_mount(operation->mode, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV), target);
    case mg_devpts: return attach(mg_devpts_mount(operation->data), target);
    case mg_mqueue: return attach(mg_filesystem_mount(mg_fs_mqueue), target);
    case mg_binfmt: return binfmt_attach(child, target);
    case mg_cgroup: return cgroup_attach(child, target);
    case mg_bind:
    case mg_device: break;
    }
    return mount < 0 ? 0 : attach(mount, target); // not there, and optional
}

void mg_mounts_attach(struct mg_child *child) {
    const struct mg_plan *plan = child->plan;
    for (size_t i = 0; i < plan->operation_count; i++) {
        const struct mg_operation *operation = &plan->operations[i];
        if (operation_attach(child, operation, plan->mounts[i]) < 0 && !(operation->flags & mg_optional))
            mg_fail(child, mg_step_attach, (int)i);
        plan->mounts[i] = -1;
    }
}
