// SPDX-License-Identifier: Apache-2.0
// The dispatcher: what binfmt_misc starts, with the flags O, P and F, for every program of a foreign architecture.
//
// It is no program of its own. It is code that stands in an image of the interpreter (qemu), as the image's entry
// point: it looks the opened program up in a table that stands behind it and either executes the host's own program
// that stands in for it, or goes on to the interpreter's entry, which then finds everything as the kernel left it.
// So the image needs no path inside the root, works behind chroot(2) too, and an emulated program costs no second
// exec.
//
// In the image: struct mg_image, the code from mg_dispatch_code() on, the table.
#ifndef CDISPATCH_H
#define CDISPATCH_H

#include "MachineName.h"
#include "Restart.h"

#include <stddef.h>
#include <stdint.h>

/// Stands immediately before the code.
struct mg_image {
    int64_t entry; ///< the interpreter's entry, in bytes from this structure
    int64_t table; ///< the table, in bytes from this structure
    uint64_t size; ///< of the table, which may be damaged
};

/// Which file it is, and in which state (stat(2)); times in nanoseconds.
struct mg_identity {
    uint64_t device; ///< 0: any
    uint64_t inode; ///< mg_any_inode: any, of any size
    int64_t size;
    int64_t modified;
    int64_t changed;
};

static const uint64_t mg_any_inode = UINT64_MAX;

enum mg_entry_flag {
    /// A script: eligible as such for the interpreter whose identity is in `native`.
    mg_script = 1,
    /// `names` are the options that may stand before the script; a script has to be in the table, too,
    /// unless there is `examined`.
    mg_by_script = 2,
    /// `names` are the applets of a program that is many; no other is eligible.
    mg_by_name = 4,
    /// "@FILE" stands for the arguments in FILE (gcc(1), ld(1)).
    mg_responses = 8,
    /// Its arguments and its script are searched for `texts`. The script is its first operand, or what follows an
    /// option of `script_options`.
    mg_scans = 16,
    /// `conversions` count in a shell's command behind the word printf only.
    mg_scans_printf = 32,
    /// The script is what follows an option of `script_options` only; the first operand is none.
    mg_script_by_option = 64,
};

/// Offsets are in bytes from the start of the table. Lists are strings one after the other, the last one empty.
struct mg_entry {
    struct mg_identity root;   ///< the file in the root
    struct mg_identity native; ///< the program that stands in for it
    uint32_t path;             ///< where that is: a string
    uint32_t names;            ///< a list
    uint32_t environment;      ///< a list of NAME=VALUE, set where NAME is not
    uint32_t flags;
    uint32_t refused;     ///< a list of patterns (glob(7)) of arguments that are not for the native program
    uint32_t variables;   ///< a list of variables; where one of them is set and not empty, the program is emulated. Of
                          ///< "NAME=" followed by values with a "|" behind each, where it has another one; of
                          ///< "NAME=" alone, where it is set at all
    uint32_t guards;      ///< struct mg_guard each, at a multiple of 8: files that have to be as they were, too
    uint32_t guard_count;
    uint32_t libraries; ///< a list of shared libraries' names: where LD_LIBRARY_PATH has one, the program is emulated
    uint32_t texts;     ///< a list: where one of them is found (mg_scans), the program is emulated. A space is any
                        ///< number of blanks, at least one; after "<" it begins where no word goes on; "$" is a word,
                        ///< or what is before in one
    uint32_t conversions;    ///< a string of letters: the same for a conversion (printf(3)) with one of them
    uint32_t together;       ///< patterns like `refused`, which count only where no argument is one of `apart`
    uint32_t apart;          ///< a list
    uint32_t examined;       ///< a list like `start`, for what is not in the table: a script, and what follows "-c" and
                             ///< "-m"; an empty one: not eligible
    uint32_t script_options; ///< a list of options with an argument; "=" before those whose argument is a script
    uint32_t start; ///< a list, with mg_by_script: arguments before the script, as another script that is given it
    uint32_t substitutes; ///< a list of pairs: what may stand behind an argument of `refused`, and what the native
                          ///< program is given in its place; with those it is not refused
    uint64_t check; ///< mg_check() of everything before, of the strings, the lists, the guards and their paths
};

struct mg_guard {
    struct mg_identity file; ///< inode 0: there must be none
    uint32_t path;           ///< a string; links are followed
    uint32_t padding;
};

static const uint64_t mg_table_magic = 0x6863746170736964; // "dispatch"
static const uint32_t mg_table_version = 7;

/// How many variables an entry may set.
enum { mg_environment_limit = 3 };

/// The table ends with two zero bytes.
struct mg_table {
    uint64_t magic;
    uint32_t version;
    uint32_t size;        ///< of the whole table, in bytes
    uint32_t count;       ///< of entries
    uint32_t entries;     ///< offset of the first
    uint32_t bucket_bits; ///< there are 1 << bucket_bits buckets, more than entries
    uint32_t buckets;     ///< uint32_t each: the number of an entry, from 1 on, or 0; collisions are in the next
    uint32_t unless;      ///< a list of variables; where one of them is set and not empty, everything is emulated
    uint32_t environment; ///< a list of NAME=VALUE, set for the interpreter where NAME is not; one at most
    uint32_t log;         ///< the path of a file that records are appended to; an empty string: none
    uint32_t descriptors; ///< "/proc/self/fd/"
    uint32_t guards;      ///< struct mg_guard each; where one does not hold, everything is emulated
    uint32_t guard_count;
    uint32_t emulated;     ///< a string: what is executed by a path that begins with it is emulated
    uint32_t library_path; ///< "LD_LIBRARY_PATH"
    uint32_t printf;       ///< "printf"
    uint32_t preloading;   ///< a list: "LD_PRELOAD", and what LD_LIBRARY_PATH has to begin with where that is set; or empty
    uint64_t check;       ///< mg_check() of everything before, and of the lists and strings
};

/// What became of a program, and why.
enum mg_outcome {
    mg_native = 0,
    mg_not_listed,     ///< not in the table
    mg_changed,        ///< another file or another state of it than the table was made for
    mg_by_environment, ///< a variable of `unless` or of the entry is set
    mg_privileged,     ///< it runs with rights that its caller has not
    mg_not_eligible,   ///< not under this name, for this script or with these arguments
    mg_native_missing, ///< what stands in is not there, or another one
    mg_native_failed,  ///< the kernel would not execute what stands in; a record mg_native came before
    mg_damaged,        ///< the table is
    mg_by_text,        ///< its script, or an argument, does what another machine does otherwise
    mg_restarted,      ///< the native one has it executed emulated (Restart.h)
};

/// A record of the log; `length` bytes of the program's path follow.
struct mg_record {
    uint64_t time; ///< CLOCK_MONOTONIC, in nanoseconds
    uint32_t process;
    uint16_t length;
    uint8_t outcome; ///< enum mg_outcome
    uint8_t padding;
};

/// The bucket to look for `inode` first.
uint32_t mg_bucket(uint64_t inode, uint32_t bits);

/// Where a check begins.
static const uint64_t mg_check_start = 0xcbf29ce484222325;

/// The check of `length` bytes at `bytes` appended to what has the check `check`.
uint64_t mg_check(uint64_t check, const void *bytes, size_t length);

/// The code: position-independent, and to be loaded at an address that is a multiple of mg_dispatch_alignment. No
/// bytes on hosts that it is not written for.
const void *mg_dispatch_code(void);
size_t mg_dispatch_size(void);
/// Where in the code an image is entered.
size_t mg_dispatch_entry(void);
static const size_t mg_dispatch_alignment = 4096;

#endif
