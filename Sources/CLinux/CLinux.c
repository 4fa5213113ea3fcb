// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

int mg_renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned int flags) {
    return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
}

int mg_syncfs(int descriptor) {
    return syncfs(descriptor);
}

int mg_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int mg_openat2(int directory, const char *path, int flags, unsigned long long resolve) {
    struct open_how how = {.flags = (unsigned)flags, .resolve = resolve | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int mg_open_within_mount(int directory, const char *name, int flags) {
    int opened = mg_openat2(directory, name, flags | O_CLOEXEC, mg_resolve_no_xdev);
    if (opened >= 0 || (errno != ENOSYS && errno != EPERM)) return opened;
    return openat(directory, name, flags | O_CLOEXEC);
}

int mg_unshare_umask(void) {
    return unshare(CLONE_FS);
}

int mg_fsetxattr(int descriptor, const char *name, const void *value, unsigned long size) {
    return fsetxattr(descriptor, name, value, size, 0);
}

int mg_lsetxattr(const char *path, const char *name, const void *value, unsigned long size) {
    return lsetxattr(path, name, value, size, 0);
}

long mg_llistxattr(const char *path, char *list, unsigned long size) {
    return llistxattr(path, list, size);
}

long mg_lgetxattr(const char *path, const char *name, void *value, unsigned long size) {
    return lgetxattr(path, name, value, size);
}

long mg_flistxattr(int descriptor, char *list, unsigned long size) {
    return flistxattr(descriptor, list, size);
}

long mg_fgetxattr(int descriptor, const char *name, void *value, unsigned long size) {
    return fgetxattr(descriptor, name, value, size);
}

long mg_copy_file_range(int from, int to, long long offset, unsigned long size) {
    loff_t source = offset, target = offset;
    return copy_file_range(from, &source, to, &target, size, 0);
}

int mg_has_reflinks(int descriptor) {
    struct statfs status;
    if (fstatfs(descriptor, &status) != 0) return 0;
    switch ((unsigned)status.f_type) {
    case BTRFS_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case OCFS2_SUPER_MAGIC:
    case 0xca451a4e: // bcachefs
        return 1;
    default:
        return 0;
    }
}

long long mg_shared_bytes(int descriptor) {
    enum { count = 64 };
    union {
        struct fiemap map;
        char room[sizeof(struct fiemap) + count * sizeof(struct fiemap_extent)];
    } request;
    long long shared = 0;
    unsigned long long start = 0;
    for (;;) {
        memset(&request, 0, sizeof request);
        request.map.fm_start = start;
        request.map.fm_length = FIEMAP_MAX_OFFSET - start;
        request.map.fm_extent_count = count;
        if (ioctl(descriptor, FS_IOC_FIEMAP, &request.map) != 0) return -1;
        if (request.map.fm_mapped_extents == 0) return shared;
        for (unsigned index = 0; index < request.map.fm_mapped_extents; index++) {
            const struct fiemap_extent *extent = &request.map.fm_extents[index];
            if (extent->fe_flags & FIEMAP_EXTENT_SHARED) shared += (long long)extent->fe_length;
            if (extent->fe_flags & FIEMAP_EXTENT_LAST) return shared;
            start = extent->fe_logical + extent->fe_length;
        }
    }
}

int mg_memory_file(const char *name) {
    return memfd_create(name, MFD_CLOEXEC);
}

int mg_executable_memory_file(const char *name) {
    // MFD_EXEC, which kernels before 6.3 refuse to know.
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x10u);
    if (descriptor < 0 && errno == EINVAL) return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return descriptor;
}

int mg_seal(int descriptor) {
    return fcntl(descriptor, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
}

int mg_birth_time(int descriptor, long long *seconds, unsigned int *nanoseconds) {
    struct statx status;
    if (statx(descriptor, "", AT_EMPTY_PATH, STATX_BTIME, &status) != 0) return -1;
    int known = (status.stx_mask & STATX_BTIME) != 0;
    *seconds = known ? status.stx_btime.tv_sec : 0;
    *nanoseconds = known ? status.stx_btime.tv_nsec : 0;
    return 0;
}

const void *mg_memmem(const void *haystack, unsigned long size, const void *needle, unsigned long length) {
    return memmem(haystack, size, needle, length);
}

int mg_spread_subdirectories(int descriptor) {
    int flags = 0;
    if (ioctl(descriptor, FS_IOC_GETFLAGS, &flags) != 0) return -1;
    if (flags & FS_TOPDIR_FL) return 0;
    flags |= FS_TOPDIR_FL;
    return ioctl(descriptor, FS_IOC_SETFLAGS, &flags);
}
