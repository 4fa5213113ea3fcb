// SPDX-License-Identifier: Apache-2.0
// The namespaces that the command runs in. They belong to a user namespace of their own, below that in which the mounts
// are made: so the kernel locks those, their flags and their places (mount_namespaces(7), "Restrictions on mount
// namespaces"), while programs inside may mount what they like on top.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

/// A new network namespace has loopback, but down.
static void loopback_up(const struct mg_child *child) {
    if (!child->plan->new_network) return;
    int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (probe < 0 || ioctl(probe, SIOCSIFFLAGS, &request) < 0) mg_fail(child, mg_step_network, -1);
    close(probe);
}

/// PID 1 of the run, once everything is mounted.
_Noreturn static void inside_run(struct mg_child *child, int gate) {
    const struct mg_plan *plan = child->plan;
    char go;
    ssize_t got;
    do got = read(gate, &go, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1) _exit(125); // who mounts has failed, and said so
    // The copy belongs to this user namespace, the mounts in it to the one above. After the last mount; before anything
    // of the root is executed.
    if (plan->inner_users && unshare(CLONE_NEWNS) < 0) mg_fail(child, mg_step_lock, -1);
    if (chdir("/") < 0) mg_fail(child, mg_step_lock, -1);
    // Mounts that were open for the other process.
    syscall(SYS_close_range, 7u, ~0u, 0u);
    if (plan->hostname && sethostname(plan->hostname, strlen(plan->hostname)) < 0) mg_fail(child, mg_step_hostname, -1);
    loopback_up(child);
    // The caller's keys stay the caller's. Where there are none to be had, or a filter forbids asking, it has none itself.
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0) < 0 && errno != ENOSYS && errno != EPERM)
        mg_fail(child, mg_step_rights, -1);
    if (plan->gains_nothing && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) mg_fail(child, mg_step_rights, -1);
    if (plan->terminal) mg_terminal_open(child);
    mg_init(child);
}

/// In a process of the run's PID namespace: proc(5) shows that of whoever mounts it.
static int proc_make(void *argument) {
    struct mg_child *child = argument;
    child->proc = mg_filesystem_mount(mg_fs_proc);
    return 0;
}

static void proc_prepare(struct mg_child *child) {
    _Alignas(16) char stack[16384];
    // It shares memory and descriptors, and this process waits.
    int flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD;
    pid_t maker = clone(proc_make, stack + sizeof stack, flags, child);
    if (maker < 0) mg_fail(child, mg_step_inside, -1);
    int error = errno;
    while (waitpid(maker, NULL, 0) < 0 && errno == EINTR) {}
    errno = error;
    // In a container whose /proc is partly hidden the kernel refuses a new one: then it is the host's.
    if (child->proc < 0 && errno == EPERM) child->proc = mg_tree_open("/proc", AT_RECURSIVE);
    if (child->proc < 0) mg_fail(child, mg_step_inside, -1);
}

/// Whether this process is in a cgroup of its caller's, and not in the top one of all that it can see (cgroups(7)).
static int has_group(void) {
    char text[4096];
    int file = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
    ssize_t count = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    if (count <= 0) return 0;
    text[count] = 0;
    const char *own = strstr(text, "0::/");
    return own && own[4] && own[4] != '\n';
}

int mg_inside_make(struct mg_child *child) {
    const struct mg_plan *plan = child->plan;
    // Before the namespace in which every group is the top one.
    child->has_group = has_group();
    int gate[2], pidfd = -1;
    if (pipe2(gate, O_CLOEXEC) < 0) mg_fail(child, mg_step_inside, -1);
    uint64_t namespaces = CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    if (plan->inner_users) namespaces |= CLONE_NEWUSER;
    if (plan->new_network) namespaces |= CLONE_NEWNET;
    // A child of the caller's: this process ends when it has done its work.
    struct clone_args arguments = {
        .flags = namespaces | CLONE_PARENT | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd};
    pid_t process = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (process < 0) mg_fail(child, mg_step_inside, -1);
    if (process == 0) {
        close(gate[1]);
        inside_run(child, gate[0]);
    }
    close(gate[0]);
    if (send(child->control, &process, sizeof process, MSG_NOSIGNAL) != sizeof process) _exit(125);
    if (plan->inner_users && mg_maps_write(process, plan->inner_users, plan->inner_groups) < 0)
        mg_fail(child, mg_step_inside, -1);
    // What is mounted from here on shows the processes, message queues and control groups of the run.
    if (setns(pidfd, CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWCGROUP) < 0) mg_fail(child, mg_step_inside, -1);
    close(pidfd);
    proc_prepare(child);
    return gate[1];
}

void mg_inside_continue(struct mg_child *child, int inside) {
    if (write(inside, "", 1) != 1) mg_fail(child, mg_step_inside, -1);
}
