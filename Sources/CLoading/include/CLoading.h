// SPDX-License-Identifier: Apache-2.0
// Libraries that are loaded when a function of theirs is first called. With those that they need in turn they are forty, to
// load which takes ten milliseconds at every start of the program; a run in a root uses none of them.
#ifndef CLOADING_H
#define CLOADING_H

#include <stdatomic.h>
#include <stdint.h>

struct mg_library {
    const char *const *names;  ///< to be tried in turn (dlopen(3)); NULL ends them
    _Atomic(void *) handle;
};

/// A function of it. Where there is no such library, or no such function in it, the program ends as ld.so(8) has it end
/// then: with a message and status 127.
void *mg_library_function(struct mg_library *library, const char *name);

/// Defines the function `name`, which calls the library's of that name. What is declared in its header has to agree.
#define MG_FORWARD(library, result, name, parameters, arguments)                              \
    __attribute__((visibility("hidden"))) result name parameters {                            \
        static _Atomic(__typeof__(&name)) found;                                              \
        __typeof__(&name) function = atomic_load_explicit(&found, memory_order_acquire);      \
        if (!function) {                                                                      \
            function = (__typeof__(&name))mg_library_function(library, #name);                \
            atomic_store_explicit(&found, function, memory_order_release);                    \
        }                                                                                     \
        return function arguments;                                                            \
    }

/// Says in the program's file which library it loads, for those who make packages of it (ELF dlopen metadata, by the
/// UAPI Group). `json`: an array of one object.
#define MG_LOADING_NOTE(json)                                                                 \
    __attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {          \
        uint32_t owner_size, text_size, type;                                                 \
        char owner[4];                                                                        \
        char text[(sizeof(json) + 3) & ~3ul];                                                 \
    } mg_loading_note = {4, sizeof(json), 0x407c0c0a, "FDO", json}

#endif
