// SPDX-License-Identifier: Apache-2.0
// PID 1 of a run: starts the command, reaps, passes signals on, and ends with the command. When it ends, the kernel
// kills whatever is left in its PID namespace (pid_namespaces(7)).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

void mg_terminal_open(struct mg_child *child) {
    // The run's own devpts, so that ttyname(3) finds the terminal inside.
    int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    int unlocked = 0;
    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0) mg_fail(child, mg_step_terminal, -1);
    // Before the command can ask for it; the caller's is still standard input here.
    struct winsize size;
    if (ioctl(0, TIOCGWINSZ, &size) == 0) ioctl(master, TIOCSWINSZ, &size);
    child->terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (child->terminal < 0) mg_fail(child, mg_step_terminal, -1);
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {"", 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &master, sizeof master);
    if (sendmsg(child->control, &message, MSG_NOSIGNAL) != 1) mg_fail(child, mg_step_terminal, -1);
    close(master);
}

/// As execve(2) leaves them, but before it: no handler of the caller's may run here. What the caller ignores stays
/// ignored, as nohup(1) wants it.
static void signals_restore(void) {
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN) signal(number, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/// Whether a file that the kernel has no interpreter for may be a script without a #! line.
static int is_text(const char *path) {
    char bytes[128];
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    ssize_t count = file < 0 ? -1 : read(file, bytes, sizeof bytes);
    close(file);
    return count >= 0 && !memchr(bytes, 0, (size_t)count);
}

static int command_exec(void *argument) {
    const struct mg_child *child = argument;
    const struct mg_plan *plan = child->plan;
    // A session of its own: a ^C of the caller's terminal reaches the caller only, which passes it on once.
    setsid();
    if (child->terminal >= 0) {
        for (int i = 0; i < 3; i++)
            if (i < 2 || plan->error < 0) dup2(child->terminal, i);
        ioctl(0, TIOCSCTTY, 0);
        // Programs that are not root's open their terminal by name too. Where it cannot be, they cannot.
        int ignored = fchown(0, plan->user, (gid_t)-1);
        (void)ignored;
    }
    if (plan->pretends_ownership) mg_ownership_pretend();
    // Groups before the user: afterwards the right to change them is gone.
    if ((plan->can_set_groups && mg_set_groups(plan->group_count, plan->groups) < 0) || mg_set_group(plan->group) < 0 ||
        mg_set_user(plan->user) < 0)
        mg_fail(child, mg_step_user, -1);
    umask(plan->umask);
    if (plan->workdir && chdir(plan->workdir) < 0) mg_fail(child, mg_step_workdir, -1);
    signals_restore();
    // As execvp(3): go on where a candidate is not there, remember one that is and may not be executed; what the kernel
    // cannot make anything of is the shell's if it is text.
    int found = -1, error = ENOENT;
    for (int i = 0; plan->candidates[i]; i++) {
        execve(plan->candidates[i], plan->arguments, plan->environment);
        if (errno == ENOEXEC && is_text(plan->candidates[i])) {
            plan->script[1] = (char *)plan->candidates[i];
            execve(plan->script[0], plan->script, plan->environment);
            errno = ENOEXEC;
        }
        if (errno == ENOENT || errno == ENOTDIR) {
            if (access(plan->candidates[i], F_OK) < 0) continue;
            errno = ENOENT; // the file is there: what it is interpreted by is not
        }
        found = i;
        error = errno;
        if (errno != EACCES) break;
    }
    errno = error;
    mg_fail(child, mg_step_exec, found);
}

/// Signals that a terminal sends go to all processes of a group, others to one.
static void pass_on(pid_t command, int number) {
    static int is_stopped;
    // Without a shell outside of it in its session the kernel would not let SIGTSTP stop the command: everything in
    // the run is stopped the other way.
    if (number == SIGTSTP || (number == SIGCONT && is_stopped)) {
        is_stopped = number == SIGTSTP;
        kill(-1, is_stopped ? SIGSTOP : SIGCONT);
        return;
    }
    int terminals = number == SIGINT || number == SIGQUIT || number == SIGHUP || number == SIGCONT || number == SIGWINCH;
    // Until its setsid() the command has no group of its own.
    if (!terminals || kill(-command, number) < 0) kill(command, number);
}

/// Reaps what has ended. Ends with the command.
static void reap(pid_t command) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (pid == command) _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void mg_init(struct mg_child *child) {
    setsid(); // the caller's terminal signals the caller alone
    // This process still holds what the caller has in memory and in its environment: not for the command to read.
    prctl(PR_SET_DUMPABLE, 0);
    unsigned long added = child->plan->personality;
    if (added) personality((unsigned long)personality(0xffffffff) | added);
    prctl(PR_SET_NAME, "mangrove"); // not that of whichever of the caller's threads started it
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    // Beyond the command's own descriptors, which are closed here after the fork.
    int signals = fcntl(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK), F_DUPFD_CLOEXEC, 10);
    _Alignas(16) char stack[32768];
    // Until its execve(2) it shares the memory, and this process waits: to copy the tables of the caller's takes longer
    // than all else that is done here.
    pid_t command = signals < 0 ? -1 : clone(command_exec, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, child);
    if (command < 0) mg_fail(child, mg_step_fork, -1);
    // From here on the command alone holds them: the parent sees its exec by the end of `report`, and readers of
    // its output see its end.
    close(child->report);
    if (child->terminal >= 0) close(child->terminal);
    for (int i = 0; i < 4; i++) close(i);
    struct pollfd watched[2] = {{.fd = signals, .events = POLLIN}, {.fd = child->control, .events = POLLIN}};
    for (;;) {
        if (poll(watched, 2, -1) < 0 && errno != EINTR) _exit(125);
        if (watched[1].revents) {
            unsigned char number;
            // End of file: whoever started this run is gone, however it went.
            if (recv(child->control, &number, 1, 0) != 1) _exit(128 + SIGKILL);
            if (number) pass_on(command, number);
        }
        struct signalfd_siginfo information;
        while (read(signals, &information, sizeof information) == sizeof information)
            if (information.ssi_signo != SIGCHLD) pass_on(command, (int)information.ssi_signo);
        reap(command);
    }
}
