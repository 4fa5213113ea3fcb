// SPDX-License-Identifier: Apache-2.0
// Linux system calls that Swift's Glibc module does not show: they are declared for _GNU_SOURCE only.
// This header includes nothing, so that no C type of the system comes to belong to this module.
#ifndef CLINUX_H
#define CLINUX_H

/// renameat2(2): as renameat, with one of the flags below. -1 and errno on failure.
int mg_renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned int flags);

static const unsigned int mg_rename_noreplace = 1;
static const unsigned int mg_rename_exchange = 2;

/// syncfs(2): writes the file system that holds `descriptor` to the disk. -1 and errno on failure.
int mg_syncfs(int descriptor);

/// pipe2(2) with O_CLOEXEC: `ends[0]` is read from, `ends[1]` written to. -1 and errno on failure.
int mg_pipe(int ends[2]);

/// openat2(2) with `RESOLVE_NO_MAGICLINKS` and one of those below. A descriptor; -1 and errno on failure.
int mg_openat2(int directory, const char *path, int flags, unsigned long long resolve);

static const unsigned long long mg_resolve_no_xdev = 0x01;
static const unsigned long long mg_resolve_no_symlinks = 0x04;
static const unsigned long long mg_resolve_beneath = 0x08;
static const unsigned long long mg_resolve_in_root = 0x10;

/// openat(2) of one name with these flags and O_CLOEXEC, where that does not enter a mount: EXDEV if it would. On Linux
/// before 5.6, and where openat2(2) is filtered, nothing is found out of mounts. A descriptor; -1 and errno on failure.
int mg_open_within_mount(int directory, const char *name, int flags);

/// open(2): a descriptor that stands for the file and opens nothing (O_PATH).
static const int mg_open_path = 010000000;

/// open(2): EPERM where the caller neither owns the file nor has CAP_FOWNER over it (O_NOATIME). In a user namespace that
/// is so of files whose owner has no id there.
static const int mg_open_noatime = 01000000;

/// utimensat(2): this time stays as it is (UTIME_OMIT).
static const long mg_utime_omit = (1L << 30) - 2;

/// lseek(2): the next data, the next hole (SEEK_DATA, SEEK_HOLE).
static const int mg_seek_data = 3;
static const int mg_seek_hole = 4;

/// unshare(2) with CLONE_FS: the calling thread has a umask and a working directory of its own. -1 and errno on failure.
int mg_unshare_umask(void);

/// xattr(7): as the functions without the prefix.
int mg_fsetxattr(int descriptor, const char *name, const void *value, unsigned long size);
int mg_lsetxattr(const char *path, const char *name, const void *value, unsigned long size);
long mg_llistxattr(const char *path, char *list, unsigned long size);
long mg_lgetxattr(const char *path, const char *name, void *value, unsigned long size);
long mg_flistxattr(int descriptor, char *list, unsigned long size);
long mg_fgetxattr(int descriptor, const char *name, void *value, unsigned long size);

/// copy_file_range(2) of what lies at `offset` in one file to the same place in another. The number of bytes, 0 at the end of
/// the file; -1 and errno on failure.
long mg_copy_file_range(int from, int to, long long offset, unsigned long size);

/// Whether files can share extents in the file system of `descriptor`, as far as is known.
int mg_has_reflinks(int descriptor);

/// Bytes of a file in extents that it shares (FIEMAP, fiemap.rst of Linux). -1 where the file system does not say.
long long mg_shared_bytes(int descriptor);

/// FS_IOC_SETFLAGS (ioctl_iflags(2)) with FS_TOPDIR_FL, which ext4 heeds: directories made in this one are unrelated, and
/// are placed apart. -1 and errno on failure, as on file systems that have no such flag.
int mg_spread_subdirectories(int descriptor);

/// memfd_create(2), closed on exec. -1 and errno on failure.
int mg_memory_file(const char *name);

/// memfd_create(2) of a file that may be executed and sealed, closed on exec. -1 and errno on failure.
int mg_executable_memory_file(const char *name);

/// When the file was made (statx(2), stx_btime): zeros where the file system does not say. -1 and errno on failure.
int mg_birth_time(int descriptor, long long *seconds, unsigned int *nanoseconds);

/// fcntl(2), F_ADD_SEALS: the content and size of a file in memory, made to be sealed, do not change from now on.
int mg_seal(int descriptor);

/// memmem(3), which is an extension.
const void *mg_memmem(const void *haystack, unsigned long size, const void *needle, unsigned long length);

#endif
