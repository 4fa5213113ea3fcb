// SPDX-License-Identifier: Apache-2.0
// Performs a run: namespaces, mounts, one command, its exit status. What is to be done comes as plain data;
// this side decides nothing. The caller's process may have threads: the child made here makes system calls
// only, allocates nothing and takes no lock (signal-safety(7)).
#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What a failed run was doing. Numbers are the protocol between child and parent, nothing more.
enum mg_step {
    mg_step_none = 0,
    mg_step_clone,       ///< clone3(2)
    mg_step_descriptors, ///< moving descriptors to their places
    mg_step_identity,    ///< setresuid(2), setresgid(2) to 0 inside the new user namespace
    mg_step_propagation, ///< detaching mount propagation from the host
    mg_step_binfmt,      ///< mounting the private binfmt_misc; index: none
    mg_step_register,    ///< registering a rule in it; index: the rule
    mg_step_root,        ///< making the root a mount and moving into it
    mg_step_prepare,     ///< making a mount ready; index: the operation
    mg_step_attach,      ///< attaching it, or making a file; index: the operation
    mg_step_hostname,
    mg_step_cgroup, ///< entering a cgroup namespace
    mg_step_network, ///< bringing up loopback
    mg_step_terminal,
    mg_step_fork,
    mg_step_user, ///< setgroups(2), setresgid(2), setresuid(2) to the user asked for
    mg_step_workdir,
    mg_step_exec,
};

enum mg_operation_kind {
    mg_bind,      ///< the host's `source`, with what is mounted in it, at `target`
    mg_tmpfs,     ///< a new tmpfs with `mode`
    mg_proc,      ///< proc(5) of this run's processes; the host's where a new one is refused
    mg_devpts,    ///< a devpts of this run's own; `data`: options
    mg_mqueue,    ///< POSIX message queues
    mg_binfmt,    ///< this run's own binfmt_misc, read-only; nothing where there is none
    mg_directory, ///< mkdir -p `target`, the last one with `mode`
    mg_file,      ///< a file with the bytes of `data`
    mg_symlink,   ///< `target` -> `data`
};

enum {
    mg_read_only = 1, ///< mount without write permission, all the way down
    mg_optional = 2,  ///< passed over where it fails
};

struct mg_operation {
    enum mg_operation_kind kind;
    unsigned flags;
    mode_t mode;
    const char *source; ///< a path of the host
    const char *target; ///< an absolute path in the root; links in it are resolved inside the root
    const char *data;
};

/// Everything a run is. Pointers stay the caller's and must live until mg_sandbox_start() has returned.
struct mg_plan {
    int new_users;   ///< 1: a user namespace; its maps are the caller's to write
    int new_mounts;  ///< 1: mount, IPC and UTS namespaces; a PID namespace is always new
    int has_limits;  ///< 1: the caller puts the child into a cgroup with limits before mg_sandbox_continue()
    int new_network; ///< 1: a network namespace with loopback only
    const char *root;    ///< a directory; NULL: the host's own tree is kept
    int throwaway;       ///< 1: changes to the root go to memory and are dropped
    const char *const *rules; ///< lines for binfmt_misc's `register`, registered in this order
    size_t rule_count;
    const struct mg_operation *operations;
    int *mounts; ///< room for one int for every operation: the child's own work space
    size_t operation_count;
    const char *hostname;      ///< NULL: unchanged
    unsigned long personality; ///< added to the personality(2) of the command
    int can_set_groups;        ///< 0 where /proc/PID/setgroups says "deny"
    int pretends_ownership;    ///< 1: giving a file to a user or group that the maps lack succeeds without effect
    mode_t umask;              ///< the command's
    uid_t user;
    gid_t group;
    const gid_t *groups;
    size_t group_count;
    const char *workdir;
    const char *const *candidates; ///< what to execute: tried in this order while there is no such file; ends with NULL
    char *const *arguments;
    char **script; ///< a shell, room for a candidate, and the arguments after the first: for a script without #!
    char *const *environment;
    int input, output, error; ///< become 0, 1 and 2
    int terminal;  ///< 1: 0 and 1, and 2 where `error` is -1, are a pseudo-terminal, its master sent over `control`
    int inherited; ///< a descriptor the command keeps as 3; -1: none
};

/// A run that has begun and waits for its identity maps.
struct mg_run {
    pid_t pid;   ///< PID 1 of the run, in the caller's numbering
    int pidfd;   ///< readable when it has ended
    int control; ///< a SOCK_SEQPACKET socket: see mg_sandbox_*; closing it kills the run
    int report;  ///< gives one struct mg_report if the run fails before exec, else end of file
};

struct mg_report {
    int32_t step; ///< enum mg_step
    int32_t error; ///< errno
    int32_t index; ///< which operation, rule or candidate, or -1
};

/// Makes the child in its namespaces. It does nothing before mg_sandbox_continue(). 0, or an errno.
/// The caller owns the descriptors of `run`, all close-on-exec, and has to reap `pid`.
int mg_sandbox_start(const struct mg_plan *plan, struct mg_run *run);

/// Lets the child go on, once its maps are written. 0, or an errno.
int mg_sandbox_continue(const struct mg_run *run);

/// Waits for the command to be executed: `report->step` is mg_step_none when it was.
void mg_sandbox_await(const struct mg_run *run, struct mg_report *report);

/// The pseudo-terminal's master, after mg_sandbox_await(); -1 and errno if there is none.
int mg_sandbox_terminal(const struct mg_run *run);

/// Passes a signal to the command; SIGTSTP stops everything in the run until SIGCONT. 0, or an errno (EPIPE: it has
/// ended).
int mg_sandbox_signal(const struct mg_run *run, int signal);

/// Waits for the run's end: the command's exit status, or 128 and the number of the signal that ended it.
int mg_sandbox_wait(struct mg_run *run);

/// Ends a run at once: everything in it is killed. Then as mg_sandbox_wait().
int mg_sandbox_end(struct mg_run *run);

/// Blocks the signals that a caller passes on to its run, in the calling thread and those it makes later, and
/// returns a descriptor that is readable when one has come (signalfd(2)). -1 and errno on failure.
int mg_signals_open(void);

/// The next signal that has come; 0 when there is none left.
int mg_signals_next(int descriptor);

/// Does what SIGTSTP does to a process that has done nothing about it; returns when it has been continued, or at once
/// where the kernel stops nothing because nobody could continue it (setpgid(2), orphaned process groups).
void mg_signals_stop(void);

/// Closes the descriptor and lets the signals through again in the calling thread.
void mg_signals_close(int descriptor);

#endif
