// SPDX-License-Identifier: Apache-2.0
// The code of a library that is loaded into programs before all others (ld.so(8), preloading): its uname() says the
// machine that they are to believe in.
//
// In the library: struct mg_machine, the code from mg_machine_code() on.
#ifndef MACHINE_NAME_H
#define MACHINE_NAME_H

#include <stddef.h>

enum { mg_machine_limit = 65 };

/// Stands immediately before the code.
struct mg_machine {
    char name[128]; ///< `machine` of uname(2), ended with a zero byte: mg_machine_limit bytes of it
};

/// The code: position-independent, and to be loaded at an address that is a multiple of mg_machine_alignment. No bytes
/// on hosts that it is not written for.
const void *mg_machine_code(void);
size_t mg_machine_size(void);
/// Where in the code uname() begins.
size_t mg_machine_uname(void);
static const size_t mg_machine_alignment = 128;

#endif
