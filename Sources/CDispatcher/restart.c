// SPDX-License-Identifier: Apache-2.0
#include "restarting.h"

#if MG_HAS_DISPATCH

#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/mman.h>

enum { path_limit = 4096 };

void mg_restart_remember(int count, char **arguments, char **environment, const char *code);
mg_function mg_restart_real(const char **path, const char *code);
mg_function mg_restart_sort_real(const char *code);
int mg_restart_compare(const unsigned char *const *left, const unsigned char *const *right);

/// Called when the library is loaded. Programs change the order of their arguments, and add to their environment.
MG_PART void mg_restart_remember(int count, char **arguments, char **environment, const char *code) {
    struct mg_restart_slots *slot = mg_restart_slots_of(mg_restart_header(code));
    long variables = 0;
    while (environment[variables] != NULL) variables++;
    long words = count + variables + 2;
    long size = words * (long)sizeof(char *) + path_limit;
    long memory = mg_call6(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory < 0 && memory > -4096) return;
    char **to = (char **)memory;
    // Volatile: or the compiler calls memcpy().
    for (long i = 0; i < count; i++) ((char *volatile *)to)[i] = arguments[i];
    to[count] = NULL;
    for (long i = 0; i <= variables; i++) ((char *volatile *)to)[count + 1 + i] = environment[i];
    char *directory = (char *)(to + words);
    if (mg_call(__NR_getcwd, (long)directory, path_limit, 0, 0) <= 0) return;
    slot->arguments = to;
    slot->environment = to + count + 1;
    slot->directory = directory;
}

MG_PART void mg_restart_execute(const struct mg_restart *restart, struct mg_restart_slots *slot) {
    if (slot->arguments == NULL) return;
    mg_call(__NR_chdir, (long)slot->directory, 0, 0, 0);
    mg_call(__NR_execve, (long)restart->program, (long)slot->arguments, (long)slot->environment, 0);
}

/// Whether the file is an object that cannot be loaded, being another machine's.
MG_PART static int is_foreign(const char *path, uint64_t machine) {
    long file = mg_call(__NR_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (file < 0) return 0;
    unsigned char header[20];
    long count = mg_call(__NR_read, file, (long)header, sizeof header, 0);
    mg_call(__NR_close, file, 0, 0, 0);
    if (count != sizeof header || header[0] != 0x7F || header[1] != 'E' || header[2] != 'L' || header[3] != 'F') return 0;
    // EI_DATA: 1 is little-endian.
    uint64_t found = header[5] == 1 ? header[18] | header[19] << 8 : header[19] | header[18] << 8;
    return found != machine;
}

/// The path of the tools tree's object; `path` itself where there is none. Memory is never given back: the
/// loader may keep it.
MG_PART static const char *of_tools(const struct mg_restart *restart, const char *path) {
    long begin = 0;
    while (restart->from[begin] != 0 && restart->from[begin] == path[begin]) begin++;
    if (restart->from[begin] != 0 || begin == 0) return path;
    long memory = mg_call6(__NR_mmap, 0, path_limit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory < 0 && memory > -4096) return path;
    volatile char *to = (volatile char *)memory;
    long length = 0;
    for (; restart->to[length] != 0; length++) to[length] = restart->to[length];
    for (; path[begin] != 0; begin++) {
        if (length == path_limit - 1) return path;
        to[length++] = path[begin];
    }
    to[length] = 0;
    // What is in neither tree is reported by the name that the program knows.
    if (mg_call(__NR_faccessat, AT_FDCWD, memory, 0, 0) != 0) return path;
    return (const char *)memory;
}

/// The dlopen() that comes after this one, and in the place of its path the one to be given it. Does not return where
/// the program begins anew.
MG_PART mg_function mg_restart_real(const char **asked, const char *code) {
    const struct mg_restart *restart = mg_restart_header(code);
    struct mg_restart_slots *slot = mg_restart_slots_of(restart);
    if (*asked != NULL) *asked = of_tools(restart, *asked);
    const char *path = *asked;
    if (path != NULL && restart->program[0] != 0 && is_foreign(path, restart->machine)) mg_restart_execute(restart, slot);
    char name[8];
    *(volatile char *)&name[0] = 'd';
    *(volatile char *)&name[1] = 'l';
    *(volatile char *)&name[2] = 'o';
    *(volatile char *)&name[3] = 'p';
    *(volatile char *)&name[4] = 'e';
    *(volatile char *)&name[5] = 'n';
    *(volatile char *)&name[6] = 0;
    // RTLD_NEXT
    return (mg_function)slot->dlsym((void *)-1L, name);
}

/// The qsort() that comes after this one.
MG_PART mg_function mg_restart_sort_real(const char *code) {
    char name[6];
    *(volatile char *)&name[0] = 'q';
    *(volatile char *)&name[1] = 's';
    *(volatile char *)&name[2] = 'o';
    *(volatile char *)&name[3] = 'r';
    *(volatile char *)&name[4] = 't';
    *(volatile char *)&name[5] = 0;
    // RTLD_NEXT
    return (mg_function)mg_restart_slots_of(mg_restart_header(code))->dlsym((void *)-1L, name);
}

/// Compares strings by characters without a sign.
MG_PART int mg_restart_compare(const unsigned char *const *left, const unsigned char *const *right) {
    const unsigned char *a = *left;
    const unsigned char *b = *right;
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a - *b;
}

// dlopen() goes on as if the caller had called the other one: who that is matters to it. So does qsort(), with another
// order where it is given pointers: with it make sorts strings, and rules, which are larger.
#if defined(__x86_64__)
__asm__(".pushsection mg_restart,\"ax\",@progbits\n"
        ".balign 256\n"
        ".globl mg_restart_start\n"
        ".hidden mg_restart_start\n"
        ".hidden __start_mg_restart\n"
        "mg_restart_start:\n"
        "  leaq __start_mg_restart(%rip), %rcx\n"
        "  jmp mg_restart_remember\n"
        ".balign 16\n"
        ".globl mg_restart_open\n"
        ".hidden mg_restart_open\n"
        "mg_restart_open:\n"
        "  pushq %rdi\n"
        "  pushq %rsi\n"
        "  subq $8, %rsp\n"
        "  leaq 16(%rsp), %rdi\n"
        "  leaq __start_mg_restart(%rip), %rsi\n"
        "  call mg_restart_real\n"
        "  addq $8, %rsp\n"
        "  popq %rsi\n"
        "  popq %rdi\n"
        "  jmpq *%rax\n"
        ".balign 16\n"
        ".globl mg_restart_sort\n"
        ".hidden mg_restart_sort\n"
        "mg_restart_sort:\n"
        "  pushq %rdi\n"
        "  pushq %rsi\n"
        "  pushq %rdx\n"
        "  pushq %rcx\n"
        "  subq $8, %rsp\n"
        "  leaq __start_mg_restart(%rip), %rdi\n"
        "  call mg_restart_sort_real\n"
        "  addq $8, %rsp\n"
        "  popq %rcx\n"
        "  popq %rdx\n"
        "  popq %rsi\n"
        "  popq %rdi\n"
        "  cmpq $8, %rdx\n"
        "  jne 1f\n"
        "  leaq mg_restart_compare(%rip), %rcx\n"
        "1:\n"
        "  jmpq *%rax\n"
        ".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection mg_restart,\"ax\",@progbits\n"
        ".balign 256\n"
        ".globl mg_restart_start\n"
        ".hidden mg_restart_start\n"
        ".hidden __start_mg_restart\n"
        "mg_restart_start:\n"
        "  adr x3, __start_mg_restart\n"
        "  b mg_restart_remember\n"
        ".balign 16\n"
        ".globl mg_restart_open\n"
        ".hidden mg_restart_open\n"
        "mg_restart_open:\n"
        "  stp x0, x1, [sp, #-32]!\n"
        "  str x30, [sp, #16]\n"
        "  mov x0, sp\n"
        "  adr x1, __start_mg_restart\n"
        "  bl mg_restart_real\n"
        "  mov x16, x0\n"
        "  ldr x30, [sp, #16]\n"
        "  ldp x0, x1, [sp], #32\n"
        "  br x16\n"
        ".balign 16\n"
        ".globl mg_restart_sort\n"
        ".hidden mg_restart_sort\n"
        "mg_restart_sort:\n"
        "  stp x0, x1, [sp, #-48]!\n"
        "  stp x2, x30, [sp, #16]\n"
        "  str x3, [sp, #32]\n"
        "  adr x0, __start_mg_restart\n"
        "  bl mg_restart_sort_real\n"
        "  mov x16, x0\n"
        "  ldr x3, [sp, #32]\n"
        "  ldp x2, x30, [sp, #16]\n"
        "  ldp x0, x1, [sp], #48\n"
        "  cmp x2, #8\n"
        "  b.ne 1f\n"
        "  adr x3, mg_restart_compare\n"
        "1:\n"
        "  br x16\n"
        ".popsection\n");
#endif

extern const char __start_mg_restart[] __attribute__((visibility("hidden")));
extern const char __stop_mg_restart[] __attribute__((visibility("hidden")));
extern const char mg_restart_start[] __attribute__((visibility("hidden")));
extern const char mg_restart_open[] __attribute__((visibility("hidden")));
extern const char mg_restart_sort[] __attribute__((visibility("hidden")));

const void *mg_restart_code(void) {
    return __start_mg_restart;
}

size_t mg_restart_size(void) {
    return (size_t)(__stop_mg_restart - __start_mg_restart);
}

size_t mg_restart_initialize(void) {
    return (size_t)(mg_restart_start - __start_mg_restart);
}

size_t mg_restart_dlopen(void) {
    return (size_t)(mg_restart_open - __start_mg_restart);
}

size_t mg_restart_qsort(void) {
    return (size_t)(mg_restart_sort - __start_mg_restart);
}

#else

const void *mg_restart_code(void) {
    return NULL;
}

size_t mg_restart_size(void) {
    return 0;
}

size_t mg_restart_initialize(void) {
    return 0;
}

size_t mg_restart_dlopen(void) {
    return 0;
}

size_t mg_restart_qsort(void) {
    return 0;
}

#endif
