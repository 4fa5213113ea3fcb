// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

#if MG_HAS_DISPATCH

#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/uio.h>

MG_PART long mg_stat(const char *path, struct stat *found) {
    return mg_call(__NR_newfstatat, AT_FDCWD, (long)path, (long)found, 0);
}

MG_PART long mg_fstat(int descriptor, struct stat *found) {
    return mg_call(__NR_fstat, descriptor, (long)found, 0, 0);
}

MG_PART long mg_close_on_exec(int descriptor, bool close) {
    return mg_call(__NR_fcntl, descriptor, F_SETFD, close ? FD_CLOEXEC : 0, 0);
}

MG_PART long mg_execute(const char *path, char **arguments, char **environment) {
    return mg_call(__NR_execve, (long)path, (long)arguments, (long)environment, 0);
}

MG_PART long mg_open_log(const char *path) {
    return mg_call(__NR_openat, AT_FDCWD, (long)path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
}

MG_PART long mg_append(int descriptor, const struct mg_record *record, const char *path) {
    // One call, so that records of several processes do not mix.
    struct iovec parts[2];
    parts[0].iov_base = (void *)record;
    parts[0].iov_len = sizeof *record;
    parts[1].iov_base = (void *)path;
    parts[1].iov_len = record->length;
    return mg_call(__NR_writev, descriptor, (long)parts, 2, 0);
}

MG_PART long mg_close(int descriptor) {
    return mg_call(__NR_close, descriptor, 0, 0, 0);
}

MG_PART long mg_read_link(const char *path, char *buffer, long size) {
    return mg_call(__NR_readlinkat, AT_FDCWD, (long)path, (long)buffer, size);
}

MG_PART uint32_t mg_process_number(void) {
    return (uint32_t)mg_call(__NR_getpid, 0, 0, 0, 0);
}

MG_PART uint64_t mg_time(void) {
    struct __kernel_timespec now;
    if (mg_call(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0) != 0) return 0;
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif
