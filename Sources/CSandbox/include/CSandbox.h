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
    mg_step_shift,       ///< mount_setattr(2) with MOUNT_ATTR_IDMAP; index: the operation, or none: the root
    mg_step_devices,     ///< making or opening a device node; index: the operation, or none
    mg_step_inside,      ///< the namespaces that the command runs in, and their maps
    mg_step_lock,        ///< unshare(2) of the mounts, which locks them
    mg_step_rights,      ///< a session keyring of its own (keyctl(2)), no_new_privs (prctl(2))
    mg_step_binfmt,      ///< mounting the private binfmt_misc; index: none
    mg_step_register,    ///< registering a rule in it; index: the rule
    mg_step_changes,     ///< opening the directory of changes to the root; an overlay of it
    mg_step_root,        ///< making the root a mount and moving into it
    mg_step_prepare,     ///< making a mount ready; index: the operation
    mg_step_attach,      ///< attaching it, or making a file; index: the operation
    mg_step_hostname,
    mg_step_network, ///< bringing up loopback
    mg_step_terminal,
    mg_step_fork,
    mg_step_user, ///< setgroups(2), setresgid(2), setresuid(2) to the user asked for
    mg_step_workdir,
    mg_step_exec,
};

enum mg_operation_kind {
    mg_bind,      ///< the host's `source`, with what is mounted in it, at `target`
    mg_device,    ///< a device node at `target` as the host's `source`, of the run's own if `own_devices`; read-only
    mg_tmpfs,     ///< a new tmpfs with `mode`
    mg_proc,      ///< proc(5) of this run's processes; the host's where a new one is refused
    mg_devpts,    ///< a devpts of this run's own; `data`: options
    mg_mqueue,    ///< POSIX message queues
    mg_binfmt,    ///< this run's own binfmt_misc, read-only; nothing where there is none
    mg_cgroup,    ///< cgroup2 from the run's own group down, read-only; an empty directory where it has none
    mg_hidden,    ///< nothing to be seen at `target`: an empty directory or file over it, read-only
    mg_frozen,    ///< `target` over itself, read-only
    mg_directory, ///< mkdir -p `target`, the last one with `mode`
    mg_file,      ///< a file with the bytes of `data`
    mg_symlink,   ///< `target` -> `data`
    mg_overlay,   ///< over `target` an overlay of its directories: `lower`, and `upper` and `work` for changes
};

enum {
    mg_read_only = 1,   ///< mount without write permission, all the way down
    mg_optional = 2,    ///< passed over where it fails
    mg_no_set_id = 4,   ///< set-user-ID bits of files in it have no effect
    mg_no_devices = 8,  ///< device nodes in it cannot be opened; a source that is such a node itself can
    mg_shifted = 16,    ///< where the ids of a run are shifted, those of its files are as well
};

/// A rule of the run's own binfmt_misc.
struct mg_rule {
    const char *line;   ///< as written to `register`
    const char *listed; ///< the interpreter's path in it: a file of the host
    const char *file;   ///< what is executed: opened read-only, so that nobody inside can open it for writing
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
    int new_mounts;  ///< 1: mount, IPC, UTS and cgroup namespaces; a PID namespace is always new
    int new_network; ///< 1: a network namespace with loopback only
    /// Lines of the maps of the user namespace in which the command runs, in the one that `new_users` makes; NULL:
    /// it runs in that one, and could undo what is mounted.
    const char *inner_users, *inner_groups;
    int shifts; ///< 1: the caller, who is root, gives ids that are not the files' own: see mg_shifted
    int own_devices; ///< 1: the caller may make device nodes, and makes some for the run
    uid_t device_user;   ///< whom they belong to, in the caller's numbering
    gid_t device_group;
    int nested; ///< 1: programs inside may mount proc(5) for PID namespaces of theirs
    const char *root;    ///< a directory; NULL: the host's own tree is kept
    uint64_t root_inode; ///< of that directory, which may be replaced meanwhile: ESTALE then; 0: any
    int throwaway;       ///< 1: changes to the root go elsewhere: to memory and are dropped, unless `changes` is set
    const char *changes; ///< a directory in which they are kept, with those of earlier runs; NULL: none
    const struct mg_rule *rules; ///< registered in this order
    size_t rule_count;
    const struct mg_operation *operations;
    size_t operation_count;
    int *mounts; ///< room for one int for every operation, every rule, the root and its changes: work space, which
                 ///< lives till the mg_sandbox_continue()
    const char *hostname;      ///< NULL: unchanged
    unsigned long personality; ///< added to the personality(2) of the command
    int can_set_groups;        ///< 0 where /proc/PID/setgroups says "deny"
    int gains_nothing;         ///< 1: no program gets rights by being executed (no_new_privs, prctl(2))
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
    pid_t pid;   ///< PID 1 of the run, in the caller's numbering; until mg_sandbox_await() the process that becomes it
                 ///< or makes it
    pid_t maker; ///< that process, where it is another one and has not been reaped
    int pidfd;   ///< readable when `pid` has ended
    int control; ///< a SOCK_SEQPACKET socket: see mg_sandbox_*; closing it kills the run
    int report;  ///< gives one struct mg_report if the run fails before exec, else end of file
};

struct mg_report {
    int32_t step; ///< enum mg_step
    int32_t error; ///< errno
    int32_t index; ///< which operation, rule or candidate, or -1
};

/// Makes the child in its namespaces. It does nothing before mg_sandbox_continue(). `report->step` is mg_step_none
/// where that went well; else nothing is left of it.
/// The caller owns the descriptors of `run`, all close-on-exec, and has to reap `pid`.
void mg_sandbox_start(const struct mg_plan *plan, struct mg_run *run, struct mg_report *report);

/// Lets the child go on, once its maps are written. `report` as above, but that the run is to be ended.
void mg_sandbox_continue(const struct mg_plan *plan, const struct mg_run *run, struct mg_report *report);

/// Waits for the command to be executed: `report->step` is mg_step_none when it was.
void mg_sandbox_await(const struct mg_plan *plan, struct mg_run *run, struct mg_report *report);

/// Whether the ids of files can be shifted in mounts of all of `paths`, as by `mg_shifted`, in a user namespace with
/// these maps, lines of uid_map and gid_map: 0, or an errno, and in `index` the path that it is about (-1: none).
int mg_shift_probe(const char *const *paths, const char *users, const char *groups, int *index);

/// The pseudo-terminal's master, after mg_sandbox_await(); -1 and errno if there is none.
int mg_sandbox_terminal(const struct mg_run *run);

/// Passes a signal to the command; SIGTSTP stops everything in the run until SIGCONT. 0, or an errno (EPIPE: it has
/// ended).
int mg_sandbox_signal(const struct mg_run *run, int signal);

/// Waits for the run's end: the command's exit status, or 128 and the number of the signal that ended it.
int mg_sandbox_wait(struct mg_run *run);

/// Ends a run at once: everything in it is killed. Then as mg_sandbox_wait().
int mg_sandbox_end(struct mg_run *run);

/// Ends a run that has not come to its command.
void mg_sandbox_abandon(const struct mg_plan *plan, struct mg_run *run);

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
