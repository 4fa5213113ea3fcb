// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <sys/syscall.h>
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
