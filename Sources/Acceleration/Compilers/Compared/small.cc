// SPDX-License-Identifier: Apache-2.0
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
