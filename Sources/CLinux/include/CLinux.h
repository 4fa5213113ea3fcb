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

#endif
