// SPDX-License-Identifier: Apache-2.0
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
