// SPDX-License-Identifier: Apache-2.0
// The parent's side, and the child's steps in their order.
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

void mg_fail(const struct mg_child *child, enum mg_step step, int index) {
    struct mg_report report = {.step = (int32_t)step, .error = errno, .index = index};
    // Nobody is left to tell where this fails.
    ssize_t ignored = write(child->report, &report, sizeof report);
    (void)ignored;
    _exit(125);
}

// 32-bit machines have older calls of the plain names, for 16-bit ids.
#ifdef SYS_setresuid32
#define MG_ID_CALL(name) SYS_##name##32
#else
#define MG_ID_CALL(name) SYS_##name
#endif

int mg_set_groups(size_t count, const gid_t *groups) {
    return (int)syscall(MG_ID_CALL(setgroups), count, groups);
}

int mg_set_group(gid_t group) {
    return (int)syscall(MG_ID_CALL(setresgid), group, group, group);
}

int mg_set_user(uid_t user) {
    return (int)syscall(MG_ID_CALL(setresuid), user, user, user);
}

/// In place of a closed descriptor: reading and writing fail as they would, and no file that is opened later gets its
/// number.
static void descriptor_occupy(int place) {
    close(place);
    int null = open("/dev/null", (place == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
    if (null < 0) return;
    dup2(null, place);
    if (null == place) fcntl(place, F_SETFD, 0);
    else close(null);
}

/// Moves the descriptors that stay to 0…6 in the order input, output, error, inherited, control, report and closes
/// all others: whatever the parent has open for other work must not live on in a run.
static void descriptors_arrange(struct mg_child *child) {
    int wanted[6] = {child->plan->input,     child->plan->output, child->plan->error,
                     child->plan->inherited, child->control,      child->report};
    // First out of the way of 0…9, so that no dup3() below overwrites one that is still to be moved.
    for (int i = 0; i < 6; i++) {
        if (wanted[i] < 0) continue;
        int moved = fcntl(wanted[i], F_DUPFD_CLOEXEC, 10);
        // The caller may have closed one of the command's.
        if (moved < 0 && (i > 3 || errno != EBADF)) mg_fail(child, mg_step_descriptors, -1);
        wanted[i] = moved;
    }
    for (int i = 0; i < 6; i++) {
        int place = i < 4 ? i : i + 1;
        if (wanted[i] >= 0) dup3(wanted[i], place, i < 4 ? 0 : O_CLOEXEC);
        else if (i < 3) descriptor_occupy(place);
        else close(place);
    }
    child->control = 5;
    child->report = 6;
    close(4);
    syscall(SYS_close_range, 7u, ~0u, 0u);
}

/// A new network namespace has loopback, but down.
static void loopback_up(const struct mg_child *child) {
    if (!child->plan->new_network) return;
    int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (probe < 0 || ioctl(probe, SIOCSIFFLAGS, &request) < 0) mg_fail(child, mg_step_network, -1);
    close(probe);
}

_Noreturn static void child_run(struct mg_child *child) {
    const struct mg_plan *plan = child->plan;
    // The maps are the parent's to write; end of file: it is gone.
    char go;
    if (recv(child->control, &go, 1, 0) != 1) _exit(125);
    descriptors_arrange(child);
    umask(022);
    if (plan->new_users) {
        // Only with maps has this process an id inside; capabilities come with being 0 there.
        if ((plan->can_set_groups && mg_set_groups(0, NULL) < 0) || mg_set_group(0) < 0 || mg_set_user(0) < 0)
            mg_fail(child, mg_step_identity, -1);
    }
    mg_cgroup_enter(child);
    if (plan->new_mounts) {
        // Slave: what the host unmounts goes here too; nothing done here goes to the host. Before the first mount.
        if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) mg_fail(child, mg_step_propagation, -1);
        mg_binfmt_prepare(child);
        mg_mounts_prepare(child);
        mg_root_enter(child);
        mg_mounts_attach(child);
    }
    if (plan->hostname && sethostname(plan->hostname, strlen(plan->hostname)) < 0) mg_fail(child, mg_step_hostname, -1);
    loopback_up(child);
    if (plan->personality) personality((unsigned long)personality(0xffffffff) | plan->personality);
    if (plan->terminal) mg_terminal_open(child);
    mg_init(child);
}

int mg_sandbox_start(const struct mg_plan *plan, struct mg_run *run) {
    int control[2], report[2], error = 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0) return errno;
    if (pipe2(report, O_CLOEXEC) < 0) {
        error = errno;
        close(control[0]);
        close(control[1]);
        return error;
    }
    // No handler of the parent's may run in the child, and no signal may end it half-way: all wait.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int pidfd = -1;
    uint64_t namespaces = CLONE_NEWPID;
    if (plan->new_users) namespaces |= CLONE_NEWUSER;
    if (plan->new_mounts) namespaces |= CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
    if (plan->new_network) namespaces |= CLONE_NEWNET;
    struct clone_args arguments = {
        .flags = namespaces | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd, .exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) {
        close(control[0]);
        close(report[0]);
        struct mg_child child = {
            .plan = plan, .control = control[1], .report = report[1], .binfmt = -1, .terminal = -1};
        child_run(&child);
    }
    if (pid < 0) error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(control[1]);
    close(report[1]);
    if (error) {
        close(control[0]);
        close(report[0]);
        return error;
    }
    *run = (struct mg_run){.pid = pid, .pidfd = pidfd, .control = control[0], .report = report[0]};
    return 0;
}

int mg_sandbox_continue(const struct mg_run *run) {
    return send(run->control, "", 1, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

void mg_sandbox_await(const struct mg_run *run, struct mg_report *report) {
    *report = (struct mg_report){.index = -1};
    ssize_t got;
    do got = read(run->report, report, sizeof *report);
    while (got < 0 && errno == EINTR);
    if (got != sizeof *report) *report = (struct mg_report){.index = -1};
}

int mg_sandbox_terminal(const struct mg_run *run) {
    char byte;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(run->control, &message, MSG_CMSG_CLOEXEC) != 1) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int descriptor = -1;
    if (header && header->cmsg_type == SCM_RIGHTS) memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return descriptor;
}

int mg_sandbox_signal(const struct mg_run *run, int signal) {
    unsigned char number = (unsigned char)signal;
    return send(run->control, &number, 1, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

int mg_sandbox_wait(struct mg_run *run) {
    int status = 0;
    while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR) {}
    close(run->control);
    close(run->report);
    close(run->pidfd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int mg_sandbox_end(struct mg_run *run) {
    // It has not been reaped: the number is still its own. A closed socket would not reach it while it mounts.
    kill(run->pid, SIGKILL);
    return mg_sandbox_wait(run);
}

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
