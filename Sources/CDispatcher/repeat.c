// SPDX-License-Identifier: Apache-2.0
// For programs that have reported something before they begin anew: the emulated one reports it again, and that is left
// out. In the same section as restart.c.
#include "restarting.h"

#if MG_HAS_DISPATCH

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <asm/termbits.h>
#include <asm/ioctls.h>

enum { outputs = 2, buffer_size = 4096 };

typedef long (*mg_writing)(int, const void *, size_t);

long mg_restart_write_counted(int file, const void *bytes, size_t count, const char *code);

/// write(), which counts what goes to standard output and standard error.
MG_PART long mg_restart_write_counted(int file, const void *bytes, size_t count, const char *code) {
    const struct mg_restart *restart = mg_restart_header(code);
    struct mg_restart_slots *slot = mg_restart_slots_of(restart);
    // RTLD_NEXT
    mg_writing real = (mg_writing)slot->dlsym((void *)-1L, restart->write);
    long written = real(file, bytes, count);
    if (written > 0 && (file == 1 || file == 2)) slot->written[file - 1] += written;
    return written;
}

MG_PART static void write_all(long file, const char *bytes, long count) {
    while (count > 0) {
        long written = mg_call(__NR_write, file, (long)bytes, count, 0);
        if (written == -EINTR || written == -EAGAIN) continue;
        if (written <= 0) return;
        bytes += written;
        count -= written;
    }
}

/// What comes from the pipe, but for its first `skipped` bytes, goes to `file`. False at its end.
MG_PART static int hand_on(long pipe, long file, long *skipped) {
    char buffer[buffer_size];
    long count = mg_call(__NR_read, pipe, (long)buffer, buffer_size, 0);
    if (count == -EINTR) return 1;
    if (count <= 0) return 0;
    long begin = count < *skipped ? count : *skipped;
    *skipped -= begin;
    write_all(file, buffer + begin, count - begin);
    return 1;
}

/// Ends as the process that has ended with `status` (wait(2)).
MG_PART static void end_with(int status) {
    int signal = status & 0x7F;
    if (signal != 0) {
        // The default action, as rt_sigaction(2) has it: four words, all zero.
        long action[4];
        for (int i = 0; i < 4; i++) *(volatile long *)&action[i] = 0;
        mg_call(__NR_rt_sigaction, signal, (long)action, 0, 8);
        mg_call(__NR_kill, mg_call(__NR_getpid, 0, 0, 0, 0), signal, 0, 0);
    }
    for (;;) mg_call(__NR_exit_group, signal != 0 ? 128 + signal : status >> 8 & 0xFF, 0, 0, 0);
}

/// Executes the program in a child process, and ends as it does. Returns where that is not possible, or where there is
/// nothing to leave out. What goes to a terminal is not: the program would see that it writes to something else.
MG_PART void mg_restart_repeat(const struct mg_restart *restart, struct mg_restart_slots *slot) {
    int ends[outputs][2];
    struct pollfd polled[outputs];
    int count = 0;
    // Fails where there are other threads (unshare(2)), which would go on meanwhile: execve(2) ends them.
    if (mg_call(__NR_unshare, CLONE_THREAD, 0, 0, 0) != 0) return;
    for (int i = 0; i < outputs; i++) {
        struct termios state;
        polled[i].fd = -1;
        polled[i].events = POLLIN;
        if (slot->written[i] == 0 || mg_call(__NR_ioctl, i + 1, TCGETS, (long)&state, 0) == 0) continue;
        if (mg_call(__NR_pipe2, (long)ends[i], O_CLOEXEC, 0, 0) != 0) return;
        polled[i].fd = ends[i][0];
        count++;
    }
    if (count == 0) return;
    long parent = mg_call(__NR_getpid, 0, 0, 0, 0);
    // As fork(2).
    long child = mg_call6(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
    if (child < 0) return;
    if (child == 0) {
        mg_call(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
        if (mg_call(__NR_getppid, 0, 0, 0, 0) != parent) end_with(SIGKILL);
        for (int i = 0; i < outputs; i++) {
            if (polled[i].fd >= 0) mg_call(__NR_dup3, ends[i][1], i + 1, 0, 0);
        }
        mg_restart_execute(restart, slot);
        return;
    }
    for (int i = 0; i < outputs; i++) {
        if (polled[i].fd >= 0) mg_call(__NR_close, ends[i][1], 0, 0, 0);
    }
    while (count > 0) {
        long ready = mg_call6(__NR_ppoll, (long)polled, outputs, 0, 0, 8, 0);
        if (ready < 0 && ready != -EINTR) break;
        for (int i = 0; ready > 0 && i < outputs; i++) {
            if (polled[i].fd < 0 || polled[i].revents == 0) continue;
            if (hand_on(polled[i].fd, i + 1, &slot->written[i])) continue;
            polled[i].fd = -1;
            count--;
        }
    }
    int status = 0;
    while (mg_call(__NR_wait4, child, (long)&status, 0, 0) == -EINTR) {}
    end_with(status);
}

// write(): it knows where the code begins.
#if defined(__x86_64__)
__asm__(".pushsection mg_restart,\"ax\",@progbits\n"
        ".balign 16\n"
        ".hidden __start_mg_restart\n"
        ".globl mg_repeat_write\n"
        ".hidden mg_repeat_write\n"
        "mg_repeat_write:\n"
        "  leaq __start_mg_restart(%rip), %rcx\n"
        "  jmp mg_restart_write_counted\n"
        ".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection mg_restart,\"ax\",@progbits\n"
        ".balign 16\n"
        ".hidden __start_mg_restart\n"
        ".globl mg_repeat_write\n"
        ".hidden mg_repeat_write\n"
        "mg_repeat_write:\n"
        "  adr x3, __start_mg_restart\n"
        "  b mg_restart_write_counted\n"
        ".popsection\n");
#endif

extern const char __start_mg_restart[] __attribute__((visibility("hidden")));
extern const char mg_repeat_write[] __attribute__((visibility("hidden")));

size_t mg_restart_write(void) {
    return (size_t)(mg_repeat_write - __start_mg_restart);
}

#else

size_t mg_restart_write(void) {
    return 0;
}

#endif
