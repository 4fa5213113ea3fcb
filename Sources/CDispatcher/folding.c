// SPDX-License-Identifier: Apache-2.0
// For compilers of LLVM, which compute constants with the C library's functions. In the same section as restart.c.
#include "restarting.h"

#if MG_HAS_DISPATCH

#include <asm/unistd.h>

typedef void (*mg_procedure)(void);
typedef void *(*mg_allocation)(size_t);

void mg_restart_now(const char *code);
mg_function mg_restart_readlink_real(const char **path, const char *code);
void *mg_restart_name_target(struct mg_string *string, const char *code);

/// Does not return. Temporary files are removed before: whoever begins anew makes others.
MG_PART void mg_restart_now(const char *code) {
    const struct mg_restart *restart = mg_restart_header(code);
    struct mg_restart_slots *slot = mg_restart_slots_of(restart);
    // RTLD_DEFAULT
    mg_procedure remove = (mg_procedure)slot->dlsym((void *)0, restart->cleanup);
    if (remove != NULL) remove();
    mg_restart_repeat(restart, slot);
    mg_restart_execute(restart, slot);
    long length = 0;
    while (restart->failure[length] != 0) length++;
    mg_call(__NR_write, 2, (long)restart->failure, length, 0);
    for (;;) mg_call(__NR_exit_group, 70, 0, 0, 0);
}

/// The readlink() that comes after this one, and the path to be given it: of the program's own link another one.
MG_PART mg_function mg_restart_readlink_real(const char **path, const char *code) {
    const struct mg_restart *restart = mg_restart_header(code);
    const char *asked = *path;
    long i = 0;
    while (asked[i] != 0 && asked[i] == restart->link[i]) i++;
    if (asked[i] == 0 && restart->link[i] == 0) *path = restart->self;
    // RTLD_NEXT
    return (mg_function)mg_restart_slots_of(restart)->dlsym((void *)-1L, restart->readlink);
}

/// Makes a std::string of the GNU C++ library, in its heap, and returns it.
MG_PART void *mg_restart_name_target(struct mg_string *string, const char *code) {
    const struct mg_restart *restart = mg_restart_header(code);
    size_t length = 0;
    while (restart->target[length] != 0) length++;
    // RTLD_DEFAULT
    mg_allocation allocate = (mg_allocation)mg_restart_slots_of(restart)->dlsym((void *)0, restart->allocate);
    volatile char *to = allocate(length + 1);
    for (size_t i = 0; i <= length; i++) to[i] = restart->target[i];
    string->data = (char *)to;
    string->length = length;
    string->capacity = length;
    return string;
}

// readlink() goes on as if the caller had called the other one.
#if defined(__x86_64__)
__asm__(".pushsection mg_restart,\"ax\",@progbits\n"
        ".balign 16\n"
        ".hidden __start_mg_restart\n"
        ".globl mg_folding_function\n"
        ".hidden mg_folding_function\n"
        "mg_folding_function:\n"
        "  subq $8, %rsp\n"
        "  leaq __start_mg_restart(%rip), %rdi\n"
        "  call mg_restart_now\n"
        ".balign 16\n"
        ".globl mg_folding_link\n"
        ".hidden mg_folding_link\n"
        "mg_folding_link:\n"
        "  pushq %rdx\n"
        "  pushq %rsi\n"
        "  pushq %rdi\n"
        "  movq %rsp, %rdi\n"
        "  leaq __start_mg_restart(%rip), %rsi\n"
        "  call mg_restart_readlink_real\n"
        "  popq %rdi\n"
        "  popq %rsi\n"
        "  popq %rdx\n"
        "  jmpq *%rax\n"
        ".balign 16\n"
        ".globl mg_folding_target\n"
        ".hidden mg_folding_target\n"
        "mg_folding_target:\n"
        "  leaq __start_mg_restart(%rip), %rsi\n"
        "  jmp mg_restart_name_target\n"
        ".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection mg_restart,\"ax\",@progbits\n"
        ".balign 16\n"
        ".hidden __start_mg_restart\n"
        ".globl mg_folding_function\n"
        ".hidden mg_folding_function\n"
        "mg_folding_function:\n"
        "  adr x0, __start_mg_restart\n"
        "  bl mg_restart_now\n"
        ".balign 16\n"
        ".globl mg_folding_link\n"
        ".hidden mg_folding_link\n"
        "mg_folding_link:\n"
        "  stp x0, x1, [sp, #-32]!\n"
        "  stp x2, x30, [sp, #16]\n"
        "  mov x0, sp\n"
        "  adr x1, __start_mg_restart\n"
        "  bl mg_restart_readlink_real\n"
        "  mov x16, x0\n"
        "  ldp x2, x30, [sp, #16]\n"
        "  ldp x0, x1, [sp], #32\n"
        "  br x16\n"
        ".balign 16\n"
        ".globl mg_folding_target\n"
        ".hidden mg_folding_target\n"
        "mg_folding_target:\n"
        // Results that are classes are made where x8 says (AAPCS64).
        "  mov x0, x8\n"
        "  adr x1, __start_mg_restart\n"
        "  b mg_restart_name_target\n"
        ".popsection\n");
#endif

extern const char __start_mg_restart[] __attribute__((visibility("hidden")));
extern const char mg_folding_function[] __attribute__((visibility("hidden")));
extern const char mg_folding_link[] __attribute__((visibility("hidden")));
extern const char mg_folding_target[] __attribute__((visibility("hidden")));

size_t mg_restart_function(void) {
    return (size_t)(mg_folding_function - __start_mg_restart);
}

size_t mg_restart_readlink(void) {
    return (size_t)(mg_folding_link - __start_mg_restart);
}

size_t mg_restart_target(void) {
    return (size_t)(mg_folding_target - __start_mg_restart);
}

#else

size_t mg_restart_function(void) {
    return 0;
}

size_t mg_restart_readlink(void) {
    return 0;
}

size_t mg_restart_target(void) {
    return 0;
}

#endif
