// SPDX-License-Identifier: Apache-2.0
#include "MachineName.h"
#include "calls.h"

#if MG_HAS_DISPATCH

#include <asm/unistd.h>
#include <linux/utsname.h>

int mg_uname(struct new_utsname *names, const char *code);

/// Returns -1 where the kernel does, which is for a pointer to nowhere only; errno is not ours to set.
MG_PART_OF("mg_machine") int mg_uname(struct new_utsname *names, const char *code) {
    if (mg_call(__NR_uname, (long)names, 0, 0, 0) != 0) return -1;
    const struct mg_machine *machine = (const struct mg_machine *)code - 1;
    // Volatile: or the compiler calls memcpy().
    for (int i = 0; i < mg_machine_limit; i++) *(volatile char *)&names->machine[i] = machine->name[i];
    return 0;
}

// uname(): it knows where the code begins.
#if defined(__x86_64__)
__asm__(".pushsection mg_machine,\"ax\",@progbits\n"
        ".balign 128\n"
        ".globl mg_machine_start\n"
        ".hidden mg_machine_start\n"
        ".hidden __start_mg_machine\n"
        "mg_machine_start:\n"
        "  leaq __start_mg_machine(%rip), %rsi\n"
        "  jmp mg_uname\n"
        ".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection mg_machine,\"ax\",@progbits\n"
        ".balign 128\n"
        ".globl mg_machine_start\n"
        ".hidden mg_machine_start\n"
        ".hidden __start_mg_machine\n"
        "mg_machine_start:\n"
        "  adr x1, __start_mg_machine\n"
        "  b mg_uname\n"
        ".popsection\n");
#endif

extern const char __start_mg_machine[] __attribute__((visibility("hidden")));
extern const char __stop_mg_machine[] __attribute__((visibility("hidden")));
extern const char mg_machine_start[] __attribute__((visibility("hidden")));

const void *mg_machine_code(void) {
    return __start_mg_machine;
}

size_t mg_machine_size(void) {
    return (size_t)(__stop_mg_machine - __start_mg_machine);
}

size_t mg_machine_uname(void) {
    return (size_t)(mg_machine_start - __start_mg_machine);
}

#else

const void *mg_machine_code(void) {
    return NULL;
}

size_t mg_machine_size(void) {
    return 0;
}

size_t mg_machine_uname(void) {
    return 0;
}

#endif
