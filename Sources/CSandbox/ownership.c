// SPDX-License-Identifier: Apache-2.0
// Where a run has one id, no file can be given to another, and half of what packages do when they are installed would
// fail. A filter (seccomp(2)) lets those calls succeed without effect; to 0, or without a change, they are made.
#define _GNU_SOURCE
#include <endian.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define NONE 0xffffffffu // no system call has this number

// Their numbers for programs of the machine's own kind, and of the 32-bit kind that it executes as well.
#ifdef SYS_chown32
enum { native_chown = SYS_chown32, native_lchown = SYS_lchown32, native_fchown = SYS_fchown32 };
#elif defined(SYS_chown)
enum { native_chown = SYS_chown, native_lchown = SYS_lchown, native_fchown = SYS_fchown };
#else
enum { native_chown = -1, native_lchown = -1, native_fchown = SYS_fchown };
#endif
#if defined(__x86_64__)
enum { native = AUDIT_ARCH_X86_64 };
enum { small = AUDIT_ARCH_I386, small_fchownat = 298 };
#elif defined(__aarch64__)
enum { native = AUDIT_ARCH_AARCH64 };
enum { small = AUDIT_ARCH_ARM, small_fchownat = 325 };
#elif defined(__i386__)
enum { native = AUDIT_ARCH_I386, small = -1, small_fchownat = -1 };
#elif defined(__arm__)
enum { native = AUDIT_ARCH_ARM, small = -1, small_fchownat = -1 };
#elif defined(__riscv)
enum { native = AUDIT_ARCH_RISCV64, small = -1, small_fchownat = -1 };
#elif defined(__powerpc64__)
enum { native = __BYTE_ORDER == __LITTLE_ENDIAN ? AUDIT_ARCH_PPC64LE : AUDIT_ARCH_PPC64, small = -1, small_fchownat = -1 };
#elif defined(__s390x__)
enum { native = AUDIT_ARCH_S390X, small = -1, small_fchownat = -1 };
#else
#error "the audit number of this architecture is needed"
#endif
enum { small_lchown = 198, small_fchown = 207, small_chown = 212 }; // chown32 and its like, of i386 and arm alike

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (field))
#define ARGUMENT(n) \
    LOAD(offsetof(struct seccomp_data, args) + 8 * (n) + (__BYTE_ORDER == __LITTLE_ENDIAN ? 0 : 4))
#define IF(value, here, yes, no) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), (yes) - (here) - 1, (no) - (here) - 1)

void mg_ownership_pretend(void) {
    enum { second = 7, two = 13, three = 19, allow = 25, pretend = 26 };
    static const struct sock_filter filter[] = {
        LOAD(offsetof(struct seccomp_data, arch)),
        IF(native, 1, 2, second),
        LOAD(offsetof(struct seccomp_data, nr)),
        IF(native_chown, 3, two, 4),
        IF(native_lchown, 4, two, 5),
        IF(native_fchown, 5, two, 6),
        IF(SYS_fchownat, 6, three, allow),
        // second
        IF(small, 7, 8, allow),
        LOAD(offsetof(struct seccomp_data, nr)),
        IF(small_chown, 9, two, 10),
        IF(small_lchown, 10, two, 11),
        IF(small_fchown, 11, two, 12),
        IF(small_fchownat, 12, three, allow),
        // two: the owner is the second argument
        ARGUMENT(1),
        IF(0, 14, 16, 15),
        IF(NONE, 15, 16, pretend),
        ARGUMENT(2),
        IF(0, 17, allow, 18),
        IF(NONE, 18, allow, pretend),
        // three
        ARGUMENT(2),
        IF(0, 20, 22, 21),
        IF(NONE, 21, 22, pretend),
        ARGUMENT(3),
        IF(0, 23, allow, 24),
        IF(NONE, 24, allow, pretend),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO), // with 0 for an errno
    };
    const struct sock_fprog program = {
        .len = sizeof filter / sizeof *filter, .filter = (struct sock_filter *)filter};
    // Where the kernel has no filters, the calls fail as they would.
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
