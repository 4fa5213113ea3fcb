// SPDX-License-Identifier: Apache-2.0
// The caller's signals that are passed on to its run.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "CSandbox.h"

static sigset_t passed_signals(void) {
    static const int numbers[] = {
        SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        // nohup(1), or a shell's background: what was ignored stays so. Blocked, it would be queued.
        struct sigaction action;
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN) sigaddset(&set, numbers[i]);
    }
    return set;
}

int mg_signals_open(void) {
    sigset_t set = passed_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void mg_signals_stop(void) {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    raise(SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
}

int mg_signals_next(int descriptor) {
    struct signalfd_siginfo information;
    return read(descriptor, &information, sizeof information) == sizeof information ? (int)information.ssi_signo : 0;
}

void mg_signals_close(int descriptor) {
    sigset_t set = passed_signals();
    close(descriptor);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
