// SPDX-License-Identifier: Apache-2.0
// System calls for code that is copied into other programs.
#ifndef CDISPATCH_CALLS_H
#define CDISPATCH_CALLS_H

// The machines that it is written for: their system calls and how a process starts.
#if defined(__x86_64__) || defined(__aarch64__)
#define MG_HAS_DISPATCH 1
#else
#define MG_HAS_DISPATCH 0
#endif

/// Vector registers are left out: their constants lie outside of a section that is copied. So do tables of jumps
/// (-fno-jump-tables in Package.swift).
#define MG_TARGET target("general-regs-only")
#define MG_INLINE static inline __attribute__((always_inline, MG_TARGET))

/// A function that is copied with its section. It has no string literal, no switch, and copies no structure whole: for
/// each of these a compiler may refer to something outside. Nor is it instrumented.
#define MG_PART_OF(name)                                                                                               \
    __attribute__((section(name), MG_TARGET, noinline, no_builtin, no_stack_protector, no_profile_instrument_function,            \
                   disable_sanitizer_instrumentation, visibility("hidden")))

#if defined(__x86_64__)

MG_INLINE long mg_call6(
    long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)

MG_INLINE long mg_call6(
    long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

#endif

#if MG_HAS_DISPATCH

MG_INLINE long mg_call(long number, long a, long b, long c, long d) {
    return mg_call6(number, a, b, c, d, 0, 0);
}

#endif

#endif
