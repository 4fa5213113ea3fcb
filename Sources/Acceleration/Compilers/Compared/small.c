// SPDX-License-Identifier: Apache-2.0
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
