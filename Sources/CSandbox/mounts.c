// SPDX-License-Identifier: Apache-2.0
// The mounts of a run. All of them are made as detached mounts (fsmount(2), open_tree(2)) while the host's tree
// is still in sight, then attached when the root is "/": so every target is resolved inside the root, whatever
// links it holds, and every source outside it.
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

static int fs_open(const char *type) {
    return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static int fs_set(int context, const char *key, const char *value) {
    return (int)syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value, 0);
}

static int fs_flag(int context, const char *key) {
    return (int)syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, key, NULL, 0);
}

/// The mount of a file system that has its options; closes `context`. -1 and errno on failure.
static int fs_mount(int context, unsigned attributes) {
    int mount = -1;
    if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
    int error = errno;
    close(context);
    errno = error;
    return mount;
}

static int tree_open(const char *path, unsigned flags) {
    return (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
}

static int mount_attach(int mount, const char *path) {
    return (int)syscall(SYS_move_mount, mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
}

static int mount_make_read_only(int mount) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    return (int)syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes);
}

static int simple_mount(const char *type, unsigned attributes) {
    int context = fs_open(type);
    return context < 0 ? -1 : fs_mount(context, attributes);
}

static int tmpfs_mount(mode_t mode, const char *size) {
    char octal[8] = {0};
    for (int i = 0; i < 4; i++) octal[i] = (char)('0' + ((mode >> (9 - 3 * i)) & 7));
    int context = fs_open("tmpfs");
    if (context < 0) return -1;
    if (fs_set(context, "mode", octal) < 0 || (size && fs_set(context, "size", size) < 0)) {
        close(context);
        return -1;
    }
    return fs_mount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

static int proc_mount(void) {
    int mount = simple_mount("proc", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    // In a container whose /proc is partly hidden the kernel refuses a new one (mount_namespaces(7)).
    return mount >= 0 || errno != EPERM ? mount : tree_open("/proc", AT_RECURSIVE);
}

/// `options`: "key=value" or "key", comma-separated.
static int devpts_mount(const char *options) {
    int context = fs_open("devpts");
    if (context < 0) return -1;
    char text[128];
    size_t length = strnlen(options, sizeof text - 1);
    memcpy(text, options, length);
    text[length] = 0;
    for (char *option = text; option && *option;) {
        char *next = strchr(option, ',');
        if (next) *next++ = 0;
        char *value = strchr(option, '=');
        if (value) *value++ = 0;
        if ((value ? fs_set(context, option, value) : fs_flag(context, option)) < 0) {
            close(context);
            return -1;
        }
        option = next;
    }
    return fs_mount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

void mg_binfmt_prepare(struct mg_child *child) {
    const struct mg_plan *plan = child->plan;
    if (plan->rule_count == 0) return;
    // A user namespace has a binfmt_misc of its own from its first mount in it on (Linux 6.7); it lives as long as
    // that mount. The interpreter is opened at registration (flag F), so this comes before the host's tree is left.
    child->binfmt = simple_mount("binfmt_misc", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    if (child->binfmt < 0) mg_fail(child, mg_step_binfmt, -1);
    for (size_t i = 0; i < plan->rule_count; i++) {
        int file = openat(child->binfmt, "register", O_WRONLY | O_CLOEXEC);
        if (file < 0) mg_fail(child, mg_step_register, (int)i);
        size_t length = strlen(plan->rules[i]);
        if (write(file, plan->rules[i], length) != (ssize_t)length) mg_fail(child, mg_step_register, (int)i);
        close(file);
    }
}

/// The detached mount of an operation; -1 where it has none (errno 0) or failed.
static int operation_prepare(const struct mg_child *child, const struct mg_operation *operation) {
    errno = 0;
    switch (operation->kind) {
    case mg_bind: return tree_open(operation->source, AT_RECURSIVE);
    case mg_tmpfs: return tmpfs_mount(operation->mode, operation->data);
    case mg_proc: return proc_mount();
    case mg_devpts: return devpts_mount(operation->data);
    case mg_mqueue: return simple_mount("mqueue", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    case mg_binfmt: return child->binfmt;
    case mg_directory:
    case mg_file:
    case mg_symlink: return -1;
    }
    errno = EINVAL;
    return -1;
}

void mg_mounts_prepare(struct mg_child *child) {
    const struct mg_plan *plan = child->plan;
    for (size_t i = 0; i < plan->operation_count; i++) {
        const struct mg_operation *operation = &plan->operations[i];
        int mount = operation_prepare(child, operation);
        if (mount >= 0 && operation->flags & mg_read_only && mount_make_read_only(mount) < 0) {
            int error = errno;
            close(mount);
            errno = error;
            mount = -1;
        }
        if (mount < 0 && errno != 0 && !(operation->flags & mg_optional)) mg_fail(child, mg_step_prepare, (int)i);
        plan->mounts[i] = mount;
    }
}

/// An overlay of the root with its changes in memory, attached where the root is. -1 and errno on failure.
static int throwaway_attach(const char *root) {
    int lower = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int memory = lower < 0 ? -1 : tmpfs_mount(0755, NULL);
    // The upper directory must lie in a mount that is attached: over the root, in this namespace only.
    if (memory < 0 || mount_attach(memory, root) < 0 || fchdir(memory) < 0) return -1;
    if (mkdir("upper", 0755) < 0 || mkdir("work", 0755) < 0) return -1;
    struct stat status;
    if (fstat(lower, &status) < 0 || chmod("upper", status.st_mode & 07777) < 0) return -1;
    char path[32] = "/proc/self/fd/";
    char *digit = path + strlen(path);
    for (int unit = 1000; unit; unit /= 10)
        if (lower >= unit || unit == 1) *digit++ = (char)('0' + lower / unit % 10);
    int context = fs_open("overlay");
    // userxattr: an overlay's own attributes are trusted.* else, which a user namespace may not write.
    if (context < 0 || fs_set(context, "lowerdir", path) < 0 || fs_set(context, "upperdir", "upper") < 0 ||
        fs_set(context, "workdir", "work") < 0 || fs_flag(context, "userxattr") < 0)
        return -1;
    int overlay = fs_mount(context, 0);
    if (overlay < 0 || mount_attach(overlay, root) < 0) return -1;
    return overlay;
}

void mg_root_enter(struct mg_child *child) {
    const char *root = child->plan->root;
    if (!root) return;
    int mount = -1;
    if (child->plan->throwaway) {
        mount = throwaway_attach(root);
    } else {
        // Not recursive where possible: what the host has mounted in the tree is no part of it. A user namespace
        // may not leave out mounts that lie over something (EINVAL): then they come along.
        mount = tree_open(root, 0);
        if (mount < 0 && errno == EINVAL) mount = tree_open(root, AT_RECURSIVE);
        // pivot_root(2) wants the new root to be a mount point.
        if (mount >= 0 && mount_attach(mount, root) < 0) mount = -1;
    }
    // pivot_root(".", ".") stacks the old root on the new one, where it is detached at once.
    if (mount < 0 || fchdir(mount) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
        chdir("/") < 0)
        mg_fail(child, mg_step_root, -1);
    close(mount);
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

static int operation_attach(const struct mg_operation *operation, int mount) {
    switch (operation->kind) {
    case mg_directory: return directory_make(operation->target, operation->mode, 0);
    case mg_file: return file_make(operation->target, operation->data, operation->mode);
    case mg_symlink: return symlink(operation->data, operation->target);
    default: break;
    }
    if (mount < 0) return 0; // optional, and not to be had
    if (target_make(mount, operation->target) < 0 || mount_attach(mount, operation->target) < 0) return -1;
    return operation->kind == mg_binfmt ? mount_make_read_only(mount) : 0;
}

void mg_mounts_attach(struct mg_child *child) {
    const struct mg_plan *plan = child->plan;
    for (size_t i = 0; i < plan->operation_count; i++) {
        const struct mg_operation *operation = &plan->operations[i];
        if (operation_attach(operation, plan->mounts[i]) < 0 && !(operation->flags & mg_optional))
            mg_fail(child, mg_step_attach, (int)i);
        if (plan->mounts[i] >= 0) close(plan->mounts[i]);
    }
}
