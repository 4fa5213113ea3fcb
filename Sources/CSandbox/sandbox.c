// SPDX-License-Identifier: Apache-2.0
// The parent's side, and the child's steps in their order.
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
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
        int moved = fcntl(wanted[i], F_DUPFD_CLOEXEC, mg_first_free);
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
    // Else this process needs what it has inherited, and soon ends; PID 1 closes them.
    if (!child->plan->new_mounts) syscall(SYS_close_range, 7u, ~0u, 0u);
}

/// As root of the namespace that it is in.
static void identity_take(const struct mg_child *child) {
    const struct mg_plan *plan = child->plan;
    if (!plan->new_users) return;
    // Only with maps has this process an id inside; capabilities come with being 0 there.
    if ((plan->can_set_groups && mg_set_groups(0, NULL) < 0) || mg_set_group(0) < 0 || mg_set_user(0) < 0)
        mg_fail(child, mg_step_identity, -1);
    // Where the id was another one, the files of processes in /proc are not theirs any more (proc(5)).
    prctl(PR_SET_DUMPABLE, 1);
}

_Noreturn static void child_run(struct mg_child *child) {
    const struct mg_plan *plan = child->plan;
    // The maps are the parent's to write; end of file: it is gone.
    char go;
    if (recv(child->control, &go, 1, 0) != 1) _exit(125);
    descriptors_arrange(child);
    umask(022);
    identity_take(child);
    if (!plan->new_mounts) mg_init(child);
    // Slave: what the host unmounts goes here too; nothing done here goes to the host. Before the first mount.
    if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) mg_fail(child, mg_step_propagation, -1);
    if (!plan->shifts) {
        struct mg_report report;
        mg_sources_open(plan, &report);
        errno = report.error;
        if (report.step) mg_fail(child, (enum mg_step)report.step, report.index);
    }
    mg_binfmt_prepare(child);
    mg_devices_open(child);
    int inside = mg_inside_make(child);
    mg_root_enter(child);
    mg_mounts_attach(child);
    mg_inside_continue(child, inside);
    _exit(0);
}

/// The descriptors of `run` that there are, closed.
static void run_close(struct mg_run *run) {
    if (run->control >= 0) close(run->control);
    if (run->report >= 0) close(run->report);
    if (run->pidfd >= 0) close(run->pidfd);
    run->control = run->report = run->pidfd = -1;
}

void mg_sandbox_start(const struct mg_plan *plan, struct mg_run *run, struct mg_report *told) {
    int control[2] = {-1, -1}, report[2] = {-1, -1}, devices = -1;
    *run = (struct mg_run){.control = -1, .report = -1, .pidfd = -1};
    *told = (struct mg_report){.index = -1};
    // What the child inherits, it must have before it is made.
    if (plan->shifts) mg_sources_open(plan, told);
    if (told->step) return mg_sources_close(plan);
    if (plan->own_devices) devices = mg_devices_make(plan);
    int failed = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0 || pipe2(report, O_CLOEXEC) < 0;
    if (!failed) {
        // No handler of the parent's may run in the child, and no signal may end it half-way: all wait.
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        uint64_t namespaces = plan->new_mounts ? CLONE_NEWNS : CLONE_NEWPID;
        if (plan->new_users) namespaces |= CLONE_NEWUSER;
        struct clone_args arguments = {
            .flags = namespaces | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&run->pidfd, .exit_signal = SIGCHLD};
        run->pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
        if (run->pid == 0) {
            close(control[0]);
            close(report[0]);
            struct mg_child child = {
                .plan = plan, .control = control[1], .report = report[1], .devices = devices,
                .binfmt = -1, .proc = -1, .terminal = -1};
            child_run(&child);
        }
        failed = run->pid < 0;
        int error = errno;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        errno = error;
    }
    if (failed) *told = (struct mg_report){.step = mg_step_clone, .error = errno, .index = -1};
    if (devices >= 0) close(devices);
    if (control[1] >= 0) close(control[1]);
    if (report[1] >= 0) close(report[1]);
    run->control = control[0];
    run->report = report[0];
    if (!failed) return;
    run_close(run);
    if (plan->shifts) mg_sources_close(plan);
}

void mg_sandbox_continue(const struct mg_plan *plan, const struct mg_run *run, struct mg_report *told) {
    *told = (struct mg_report){.index = -1};
    if (plan->shifts) {
        // After the maps are written: they are what files are shifted by.
        int users = mg_users_open(run->pid);
        if (users < 0) *told = (struct mg_report){.step = mg_step_shift, .error = errno, .index = -1};
        else mg_sources_shift(plan, users, told);
        if (users >= 0) close(users);
        mg_sources_close(plan);
        if (told->step) return;
    }
    // Where nobody hears it, mg_sandbox_await() finds out why.
    send(run->control, "", 1, MSG_NOSIGNAL);
}

void mg_sandbox_await(const struct mg_plan *plan, struct mg_run *run, struct mg_report *report) {
    pid_t inside;
    ssize_t got;
    if (plan->new_mounts) {
        do got = recv(run->control, &inside, sizeof inside, 0);
        while (got < 0 && errno == EINTR);
        if (got == sizeof inside) {
            // A child of this process, too: its number is its own until it is reaped.
            close(run->pidfd);
            run->maker = run->pid;
            run->pid = inside;
            run->pidfd = (int)syscall(SYS_pidfd_open, inside, 0);
        }
    }
    *report = (struct mg_report){.index = -1};
    do got = read(run->report, report, sizeof *report);
    while (got < 0 && errno == EINTR);
    if (got == sizeof *report) return;
    *report = (struct mg_report){.index = -1};
    // Gone without a word.
    if (plan->new_mounts && !run->maker) *report = (struct mg_report){.step = mg_step_clone, .index = -1};
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
    while (run->maker && waitpid(run->maker, NULL, 0) < 0 && errno == EINTR) {}
    run->maker = 0;
    run_close(run);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int mg_sandbox_end(struct mg_run *run) {
    // It has not been reaped: the number is still its own. A closed socket would not reach it while it mounts.
    kill(run->pid, SIGKILL);
    return mg_sandbox_wait(run);
}

void mg_sandbox_abandon(const struct mg_plan *plan, struct mg_run *run) {
    if (plan->shifts) mg_sources_close(plan);
    mg_sandbox_end(run);
}
