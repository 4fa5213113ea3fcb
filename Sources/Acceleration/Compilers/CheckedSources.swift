// SPDX-License-Identifier: Apache-2.0

/// The programs that compilers are compared by: what is known to differ between builds of one compiler, if anything
/// does. Constants folded with host arithmetic, tables, vectors, atomics, exceptions, the order of things in hash tables.
enum CheckedSources {
    /// What options and linking are tried with.
    static let small = #"""
        #include <setjmp.h>
        #include <stdarg.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>

        _Thread_local int local;

        int dense(int x) {
            switch (x) {
            case 1: return 10; case 2: return 7; case 3: return 99; case 4: return 5; case 5: return 12;
            case 9: return 1; case 12: return 77; case 13: return 2; default: return x * 3;
            }
        }
        void *jump(int x) {
            static void *const labels[] = {&&a, &&b, &&c};
            goto *labels[x % 3];
        a:  return "a";
        b:  return "bb";
        c:  return "ccc";
        }

        struct packed { char c; int b : 5; unsigned d : 11; long long e; } __attribute__((packed, aligned(4)));
        struct large { double d[6]; struct packed p; };
        struct packed pass(struct packed x) { x.b++; x.d ^= 0x155; return x; }
        struct large copy(const struct large *x) { struct large y = *x; y.d[3] += x->p.e; return y; }
        int sum(int n, ...) {
            va_list list; int s = 0;
            va_start(list, n);
            while (n--) s += va_arg(list, int) + (int)va_arg(list, double);
            va_end(list);
            return s;
        }
        size_t stack(int n, const char *text) {
            char buffer[100], *more = __builtin_alloca(n);
            char last[n + 1];
            strcpy(buffer, text); strcat(more, text); snprintf(last, n, "%s%d", buffer, n);
            return strlen(buffer) + strlen(more) + strlen(last);
        }
        char page(char *(*f)(char *)) { char large[70000]; return *f(large); }
        jmp_buf place;
        int again(int (*f)(void)) { volatile int n = 0; if (setjmp(place)) n++; else n = f(); return n; }
        __attribute__((constructor)) static void first(void) { local = 3; }
        __attribute__((weak, visibility("hidden"))) int weakly(int x) { return x < 2 ? x : weakly(x - 1) + weakly(x - 2); }
        int main(int count, char **arguments) {
            printf("%d %zu %s\n", dense(count), stack(count, arguments[0]), (char *)jump(count));
            return weakly(count) + sum(2, 1, 2.0, 3, 4.0) + local;
        }
        """#

    static let c = #"""
        #include "small.c"
        #include <complex.h>
        #include <math.h>
        #include <stdatomic.h>

        const double doubles[] = {1.0 / 3, 2e-308 / 7, 1e300 * 1e10, 0x1.fffffep-127, 1e-310, -0.0, 5e-324 / 2};
        const float floats[] = {1.0f / 3, 1e-45f, 3.4028235e38f * 2, 16777217.0f, (float)1.00000005960464477539};
        const long double longs[] = {1.0L / 3, 0x1p-16382L / 3, 1e4932L, 3.14159265358979323846264338327950288L};
        double folded(void) { return sin(1.0) + pow(2.0, 0.5) + tgamma(4.5) * lgamma(3.3) + jn(2, 1.5) + cbrt(7.0); }
        double complex product(double complex z) { return z * z / (1 + 2 * I) + csqrt(z); }
        double fused(double x, double y) { return x * y + sqrt(x) - fma(x, y, 1.0); }

        atomic_long counter;
        static int hidden;
        int order(int x) { hidden += x; return atomic_fetch_add(&counter, x) + local++ + hidden; }
        int swap(_Atomic int *p, int a, int b) { return atomic_compare_exchange_strong(p, &a, b); }

        const char *sparse(unsigned x) {
            switch (x) { case 3: return "three"; case 3000: return "many"; case 3000000: return "more"; }
            return x > 7 ? "large" : "small";
        }
        unsigned long bits(unsigned long a) {
            __asm__("" : "+r"(a));
            return __builtin_popcountl(a) + __builtin_bswap32(a) + __builtin_clzl(a | 1) + (a >> 3 | a << 5);
        }
        long long wide(long long a, unsigned b) { return a * 1000003 / 7 + a % 10 + (a >> (b & 31)) + b / 10; }
        float dot(const float *restrict a, const float *restrict b, int n) {
            float r = 0;
            for (int i = 0; i < n; i++) r += a[i] * b[i];
            return r;
        }
        void scale(int *restrict a, const short *restrict b, int n) {
            for (int i = 0; i < n; i++) a[i] += b[i] * 3 + (a[i] > 5 ? a[i] : b[i]);
        }
        void said(int count) { printf("%g %s\n", folded(), sparse(count)); }
        """#

    static let smallCxx = #"""
        #include <cstdio>
        #include <exception>

        namespace small {
        struct Failure : std::exception {
            const char *what() const noexcept override { return "failure"; }
        };
        template <class T> struct Base {
            virtual ~Base() {}
            virtual T f(T x) { if (x > 3) throw Failure(); return x * 2; }
        };
        struct Middle : Base<int> { int f(int x) override { return x + 1; } };
        struct Text { char bytes[24]; Text() : bytes("text") {} ~Text() { bytes[0] = 0; } };
        struct Last : virtual Middle, Base<long> { Text name; };
        thread_local Text local;
        const Text &once() { static Text text; return text; }
        constexpr double quarter(int n) {
            double s = 0;
            for (int i = 0; i < n; i++) s += (i % 2 ? -1.0 : 1.0) / (2 * i + 1);
            return s;
        }
        static_assert(quarter(10) > 0.7, "");
        double folded = quarter(50);
        int use(int count) {
            Last last;
            auto add = [&](auto x) { return x + last.name.bytes[0] + local.bytes[count & 3] + once().bytes[1]; };
            try {
                Base<int> *made = count > 2 ? new Middle : new Base<int>;
                count = add(made->f(count));
                delete made;
            } catch (const Failure &error) {
                std::puts(error.what());
            }
            return count + (dynamic_cast<Base<long> *>(static_cast<Middle *>(&last)) != nullptr);
        }
        }
        #ifndef LARGE
        int main(int count, char **) { return small::use(count); }
        #endif
        """#

    static let cxx = #"""
        #define LARGE
        #include "small.cc"
        #include <atomic>
        #include <map>
        #include <stdexcept>
        #include <string>
        #include <vector>

        struct Thrower { virtual int f(int x) { if (x > 3) throw std::runtime_error("x" + std::to_string(x)); return x; } };
        thread_local std::vector<int> numbers{3, 1, 2};
        std::atomic<long> counter{1};
        namespace { int once() { static std::string text = std::to_string(counter++); return text.size(); } }
        int main(int count, char **arguments) {
            std::map<std::string, std::vector<int>> map;
            Thrower thrower;
            try {
                map[arguments[0]].push_back(thrower.f(numbers.at(count)) + map.size());
            } catch (const std::exception &error) {
                std::printf("%s %d %g\n", error.what(), once(), small::folded);
            }
            return small::use(count);
        }
        """#

    static let assembler = """
        #include <asm/unistd.h>
        #define VALUE (7 + __NR_write)
            .text
            .globl start
        start:
            nop
            .balign 16
            .section .rodata, "a"
            .byte VALUE & 255
            .balign 8
            .double 3.141592653589793, 1e-310
            .single 0.1
            .asciz "text"
            .uleb128 300000
        """
}
