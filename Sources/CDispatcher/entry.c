// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

// The image's entry point. The kernel's stack goes to mg_start(), with room left below it for what that puts in
// front; it returns where the stack then begins and where to go on. The register that tells a starting process what
// to call at its end has to be zero.
#if defined(__x86_64__)
__asm__(".pushsection mg_dispatch,\"ax\",@progbits\n"
        ".balign 4096\n"
        ".globl mg_dispatch_start\n"
        ".hidden mg_dispatch_start\n"
        ".hidden __start_mg_dispatch\n"
        "mg_dispatch_start:\n"
        "  movq %rsp, %rdi\n"
        "  leaq __start_mg_dispatch(%rip), %rsi\n"
        "  subq $128, %rsp\n"
        "  andq $-16, %rsp\n"
        "  call mg_start\n"
        "  movq %rax, %rsp\n"
        "  movq %rdx, %rcx\n"
        "  xorl %edx, %edx\n"
        "  jmpq *%rcx\n"
        ".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection mg_dispatch,\"ax\",@progbits\n"
        ".balign 4096\n"
        ".globl mg_dispatch_start\n"
        ".hidden mg_dispatch_start\n"
        ".hidden __start_mg_dispatch\n"
        "mg_dispatch_start:\n"
        "  mov x0, sp\n"
        "  adr x1, __start_mg_dispatch\n"
        "  sub sp, sp, #128\n"
        "  bl mg_start\n"
        "  mov sp, x0\n"
        "  mov x16, x1\n"
        "  mov x0, #0\n"
        "  br x16\n"
        ".popsection\n");
#endif

#if MG_HAS_DISPATCH

// The linker gives the bounds of a section whose name is a C identifier.
extern const char __start_mg_dispatch[] __attribute__((visibility("hidden")));
extern const char __stop_mg_dispatch[] __attribute__((visibility("hidden")));
// What is referred to is not dropped as unused.
extern const char mg_dispatch_start[] __attribute__((visibility("hidden")));

const void *mg_dispatch_code(void) {
    return __start_mg_dispatch;
}

size_t mg_dispatch_size(void) {
    return (size_t)(__stop_mg_dispatch - __start_mg_dispatch);
}

size_t mg_dispatch_entry(void) {
    return (size_t)(mg_dispatch_start - __start_mg_dispatch);
}

#else

const void *mg_dispatch_code(void) {
    return NULL;
}

size_t mg_dispatch_size(void) {
    return 0;
}

size_t mg_dispatch_entry(void) {
    return 0;
}

#endif
