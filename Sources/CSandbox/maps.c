// SPDX-License-Identifier: Apache-2.0
// Maps of user namespaces, written and used from outside (user_namespaces(7)).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

/// Opens /proc/PROCESS/NAME. -1 and errno on failure.
static int process_open(pid_t process, const char *name, int flags) {
    char path[64] = "/proc/", digits[12];
    size_t length = strlen(path), count = 0;
    do digits[count++] = (char)('0' + process % 10);
    while (process /= 10);
    while (count) path[length++] = digits[--count];
    path[length++] = '/';
    strcpy(path + length, name);
    return open(path, flags | O_CLOEXEC);
}

static int map_write(pid_t process, const char *name, const char *lines) {
    int file = process_open(process, name, O_WRONLY);
    if (file < 0) return -1;
    size_t length = strlen(lines);
    int result = write(file, lines, length) == (ssize_t)length ? 0 : -1, error = errno;
    close(file);
    errno = error;
    return result;
}

int mg_maps_write(pid_t process, const char *users, const char *groups) {
    return map_write(process, "uid_map", users) < 0 ? -1 : map_write(process, "gid_map", groups);
}

int mg_users_open(pid_t process) {
    return process_open(process, "ns/user", O_RDONLY);
}

static int wait_to_be_killed(void *nothing) {
    while (!nothing) syscall(SYS_ppoll, 0, 0, 0, 0, 8);
    return 0;
}

int mg_shift_probe(const char *const *paths, const char *users, const char *groups, int *index) {
    *index = -1;
    _Alignas(16) char stack[4096];
    sigset_t all, before;
    sigfillset(&all);
    // No handler of this process's may run there. It shares the memory, and does nothing but wait.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t process = clone(wait_to_be_killed, stack + sizeof stack, CLONE_VM | CLONE_NEWUSER | SIGCHLD, NULL);
    int error = process < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) return error;
    int namespace = mg_maps_write(process, users, groups) < 0 ? -1 : mg_users_open(process);
    if (namespace < 0) error = errno;
    kill(process, SIGKILL);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {}
    for (int i = 0; !error && paths[i]; i++) {
        // As a run does it: what is mounted in the root is no part of it.
        int mount = mg_tree_open(paths[i], i == 0 ? 0 : AT_RECURSIVE);
        if (mount < 0 || mg_mount_shift(mount, namespace) < 0) {
            error = errno;
            *index = i;
        }
        close(mount);
    }
    close(namespace);
    return error;
}
