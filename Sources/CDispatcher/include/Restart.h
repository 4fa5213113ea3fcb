// SPDX-License-Identifier: Apache-2.0
// The code of a library that is loaded into a program before all others (ld.so(8), preloading). Its dlopen() loads the
// tools tree's object where it is given one of the root's for which there is one; and begins the program anew, emulated,
// where it is given an object of another architecture. The latter only for programs that load objects before they have
// done anything that shows.
//
// Its qsort(), which only some have, orders pointers as strings, by characters without a sign, whatever it is given to compare
// by; what is larger or smaller than a pointer it orders as it is told.
//
// For compilers of LLVM there are functions besides: the C library's of which results depend on the processor, with which the
// program begins anew, emulated; and what makes the others believe that they were built for the root's machine.
//
// In the library: struct mg_restart, the code from mg_restart_code() on.
#ifndef RESTART_H
#define RESTART_H

#include <stddef.h>
#include <stdint.h>

/// Stands immediately before the code.
struct mg_restart {
    char program[240]; ///< the path by which the program is executed anew, ended with a zero byte; empty: it is not
    char from[120];    ///< what paths of the root's objects begin with; empty: all are loaded as they are
    char to[120];      ///< what takes its place
    char self[120];    ///< a link to the root's own program, for which `link` is asked
    char target[64];   ///< LLVM's name of the root's machine
    char link[16];     ///< the link by which a program finds its own path
    char readlink[16]; ///< names of functions
    char write[16];
    char allocate[16];
    char cleanup[56];
    char failure[64];  ///< said where the program cannot begin anew
    int64_t slots;     ///< struct mg_restart_slots, in bytes from this structure
    uint64_t machine;  ///< e_machine of what can be loaded (elf(5))
};

/// What is written while the program runs.
struct mg_restart_slots {
    void *(*dlsym)(void *, const char *); ///< put in by the loader
    char **arguments;                     ///< copies of what the process was started with
    char **environment;
    char *directory; ///< the working directory at that time
    long written[2]; ///< bytes to standard output and standard error so far
};

/// A std::string of the GNU C++ library.
struct mg_string {
    char *data;
    size_t length;
    size_t capacity;
    size_t rest;
};

/// The code: position-independent, and to be loaded at an address that is a multiple of mg_restart_alignment. No bytes
/// on hosts that it is not written for.
const void *mg_restart_code(void);
size_t mg_restart_size(void);
/// Where in the code dlopen() and qsort() begin, and what is to be called at first.
size_t mg_restart_dlopen(void);
size_t mg_restart_qsort(void);
size_t mg_restart_initialize(void);
/// Where the function begins that begins the program anew, readlink(), write(), and llvm::sys::getDefaultTargetTriple().
size_t mg_restart_function(void);
size_t mg_restart_readlink(void);
size_t mg_restart_write(void);
size_t mg_restart_target(void);
static const size_t mg_restart_alignment = 256;

#endif
