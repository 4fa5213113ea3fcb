// SPDX-License-Identifier: Apache-2.0
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
