// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

#if MG_HAS_DISPATCH

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
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

MG_PART long mg_open(const char *path) {
    // What blocks or has an effect when it is opened is none of our business.
    return mg_call(__NR_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
}

MG_PART long mg_read(int descriptor, char *buffer, long size) {
    return mg_call(__NR_read, descriptor, (long)buffer, size, 0);
}

MG_PART bool mg_is_terminal(int descriptor) {
    struct termios found;
    return mg_call(__NR_ioctl, descriptor, TCGETS, (long)&found, 0) == 0;
}

MG_PART void *mg_allocate(struct mg_arena *arena, long size) {
    if (arena->start == NULL) {
        long found = mg_call6(
            __NR_mmap, 0, mg_arena_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (found < 0 && found > -4096) return NULL;
        arena->start = (char *)found;
        arena->next = arena->start;
    }
    size = (size + 15) & ~15L;
    if (size > arena->start + mg_arena_size - arena->next) return NULL;
    char *result = arena->next;
    arena->next += size;
    return result;
}

MG_PART void mg_release(struct mg_arena *arena) {
    if (arena->start != NULL) mg_call(__NR_munmap, (long)arena->start, mg_arena_size, 0, 0);
    arena->start = NULL;
}

MG_PART char *mg_contents(struct mg_arena *arena, const char *path, long *length, bool *exists) {
    struct stat found;
    *exists = mg_stat(path, &found) == 0;
    // S_IFREG
    if (!*exists || (found.st_mode & 0170000) != 0100000 || found.st_size > mg_file_limit) return NULL;
    long file = mg_open(path);
    if (file < 0) return NULL;
    long size = (long)found.st_size;
    char *buffer = mg_allocate(arena, size + 1);
    long count = 0;
    while (buffer != NULL && count < size) {
        long part = mg_read((int)file, buffer + count, size - count);
        if (part <= 0) break;
        count += part;
    }
    mg_close((int)file);
    if (buffer == NULL) return NULL;
    buffer[count] = 0;
    *length = count;
    return buffer;
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
