// SPDX-License-Identifier: Apache-2.0
// Mounts that are attached nowhere yet (fsopen(2), open_tree(2), mount_setattr(2)).
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

static int fs_give_up(int context) {
    int error = errno;
    close(context);
    errno = error;
    return -1;
}

int mg_filesystem_mount(enum mg_filesystem kind) {
    static const char *const types[] = {"proc", "mqueue", "cgroup2", "binfmt_misc"};
    int context = fs_open(types[kind]);
    return context < 0 ? -1 : fs_mount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

int mg_tmpfs_mount(mode_t mode, unsigned attributes) {
    char octal[5] = {0};
    for (int i = 0; i < 4; i++) octal[i] = (char)('0' + ((mode >> (9 - 3 * i)) & 7));
    int context = fs_open("tmpfs");
    if (context < 0) return -1;
    return fs_set(context, "mode", octal) < 0 ? fs_give_up(context) : fs_mount(context, attributes);
}

int mg_devpts_mount(const char *options) {
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
        if ((value ? fs_set(context, option, value) : fs_flag(context, option)) < 0) return fs_give_up(context);
        option = next;
    }
    return fs_mount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

int mg_overlay_mount(const char *lower, const char *upper, const char *work) {
    int context = fs_open("overlay");
    if (context < 0) return -1;
    // userxattr: an overlay's own attributes are trusted.* else, which a user namespace may not write.
    if (fs_set(context, "lowerdir", lower) < 0 || fs_set(context, "upperdir", upper) < 0 ||
        fs_set(context, "workdir", work) < 0 || fs_flag(context, "userxattr") < 0)
        return fs_give_up(context);
    return fs_mount(context, MOUNT_ATTR_NODEV);
}

int mg_tree_open(const char *path, unsigned flags) {
    return (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
}

int mg_mount_attach(int mount, const char *path) {
    return (int)syscall(SYS_move_mount, mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
}

int mg_mount_attach_over(int mount, int over) {
    return (int)syscall(SYS_move_mount, mount, "", over, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int mg_mount_restrict(int mount, unsigned attributes) {
    struct mount_attr wanted = {.attr_set = attributes, .propagation = MS_SLAVE};
    return (int)syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted, sizeof wanted);
}

int mg_mount_shift(int mount, int users) {
    struct mount_attr wanted = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)users};
    return (int)syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted, sizeof wanted);
}
