// SPDX-License-Identifier: Apache-2.0
#include "CLoading.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

static _Noreturn void give_up(void) {
    const char *reason = dlerror();
    fprintf(stderr, "mangrove: %s\n", reason ? reason : "a library cannot be loaded");
    _exit(127);
}

void *mg_library_function(struct mg_library *library, const char *name) {
    void *handle = atomic_load(&library->handle);
    // Threads may come here at once: each gets the same handle.
    for (const char *const *file = library->names; !handle && *file; file++)
        handle = dlopen(*file, RTLD_LAZY | RTLD_LOCAL);
    if (!handle) give_up();
    atomic_store(&library->handle, handle);
    void *function = dlsym(handle, name);
    if (!function) give_up();
    return function;
}
