# SPDX-License-Identifier: Apache-2.0
"""Projects in several languages, generated: their sources, the script that builds them, and where the results are (out/)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

RELEASE = "debian:12"
PACKAGES = (
    "clang", "g++", "golang-go", "make", "openjdk-17-jdk-headless", "python3-dev", "python3-setuptools", "python3-wheel",
)


@dataclass(frozen=True)
class Language:
    name: str
    about: str
    write: Callable[[Path], None]
    script: str  # for a shell in the source's directory


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def java(directory):
    for number in range(200):
        methods = "\n".join(
            f"""    public static long f{index}(long n) {{
        java.util.Map<String, Long> seen = new java.util.TreeMap<>();
        for (long i = 0; i < n % 50; i++) seen.merge("k" + i % {index + 3}, i * {index + 1}, Long::sum);
        return seen.values().stream().mapToLong(Long::longValue).filter(v -> v % 2 == {index % 2}).sum() + {number};
    }}""" for index in range(12))
        next = "" if number == 199 else f"        total += C{number + 1}.call(n - 1);\n"
        write(directory / f"org/example/C{number}.java", f"""package org.example;

/** Number {number}. */
public final class C{number} {{
    record Pair(String name, double value) {{}}
    enum Kind {{ ONE, TWO, THREE }}
{methods}
    public static long call(long n) {{
        if (n <= 0) return {number};
        long total = switch (Kind.values()[(int) (n % 3)]) {{ case ONE -> 1; case TWO -> 2; default -> 3; }};
        total += f{number % 12}(n) + (long) new Pair("p", 1.5e3 / 7 * {number}).value();
{next}        return total;
    }}
}}
""")
    write(directory / "org/example/Main.java", """package org.example;

public class Main {
    public static void main(String[] arguments) { System.out.println(C0.call(20)); }
}
""")


def go(directory):
    write(directory / "go.mod", "module example.org/fifty\n\ngo 1.19\n")
    for number in range(50):
        functions = "\n".join(
            f"""func F{index}(values []float64, name string) (string, float64) {{
	sort.Float64s(values)
	total := 0.0
	for i, value := range values {{
		total += value * {index + 1}.25 / float64(i+1)
	}}
	return fmt.Sprintf("%s-%d-%.3f", strings.ToUpper(name), {index}, total), total
}}
""" for index in range(15))
        imported = "" if number == 49 else f'\t"example.org/fifty/p{number + 1}"\n'
        use = "return n" if number == 49 else f"return n + p{number + 1}.Sum(n-1)"
        write(directory / f"p{number}/p.go", f"""package p{number}

import (
	"fmt"
	"sort"
	"strings"
{imported})

func Sum(n int) int {{ {use} }}

{functions}""")
        write(directory / f"p{number}/p_test.go", f"""package p{number}

import "testing"

func TestF0(t *testing.T) {{
	text, total := F0([]float64{{3, 1, 2}}, "a")
	if total == 0 || text == "" {{
		t.Fatal(text, total)
	}}
}}
""")
    write(directory / "main.go", """package main

import (
	"fmt"

	"example.org/fifty/p0"
)

func main() { fmt.Println(p0.Sum(50)) }
""")


def clang(directory):
    for number in range(12):
        functions = "\n".join(
            f"""std::string f{index}(const std::map<std::string, std::vector<double>> &values) {{
    std::string result;
    for (const auto &[name, numbers] : values)
        result += name + std::to_string(std::accumulate(numbers.begin(), numbers.end(), {index}.0));
    return result;
}}""" for index in range(20))
        write(directory / f"f{number}.cc", f"""#include <map>
#include <numeric>
#include <string>
#include <vector>
namespace n{number} {{
{functions}
}}
""")
    uses = "".join(f"namespace n{number} {{ std::string f0(const std::map<std::string, std::vector<double>> &); }}\n" for number in range(12))
    calls = " + ".join(f"n{number}::f0({{}})" for number in range(12))
    write(directory / "main.cc", f"""#include <iostream>
#include <map>
#include <string>
#include <vector>
{uses}int main() {{ std::cout << ({calls}).size() << std::endl; }}
""")
    write(directory / "Makefile", "all: out/program\nout/%.o: %.cc\n\tclang++ -std=c++17 -O2 -g -c -o $@ $<\n"
        "out/program: $(patsubst %.cc,out/%.o,$(wildcard *.cc))\n\tclang++ -o $@ $^\n")


def python(directory):
    for number in range(60):
        write(directory / f"fifty/m{number}.py", "\n".join(
            f"def f{index}(values):\n    return sorted((value * {index}, str(value)) for value in values if value % {index + 2})\n"
            for index in range(20)))
    write(directory / "fifty/__init__.py", "from .speed import total\n")
    write(directory / "fifty/speed.c", """#define PY_SSIZE_T_CLEAN
#include <Python.h>
static PyObject *total(PyObject *self, PyObject *arguments) {
    long long n, sum = 0;
    if (!PyArg_ParseTuple(arguments, "L", &n)) return NULL;
    for (long long i = 0; i < n; i++) sum += i * i;
    return PyLong_FromLongLong(sum);
}
static PyMethodDef methods[] = {{"total", total, METH_VARARGS, "A sum."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "speed", NULL, -1, methods};
PyMODINIT_FUNC PyInit_speed(void) { return PyModule_Create(&module); }
""")
    write(directory / "setup.py", """from setuptools import Extension, setup
setup(name="fifty", version="1.0", packages=["fifty"], ext_modules=[Extension("fifty.speed", ["fifty/speed.c"])])
""")


LANGUAGES = {
    language.name: language for language in (
        Language(
            "java", "201 classes: javac, jar, javadoc; the program runs", java,
            "mkdir -p out/doc\n"
            "find org -name '*.java' | sort >sources\n"
            "javac -d out/classes @sources\n"
            "jar --create --file out/program.jar --main-class org.example.Main --date 2023-11-14T22:13:20Z -C out/classes .\n"
            "javadoc -quiet -notimestamp -d out/doc @sources\n"
            "java -cp out/program.jar org.example.Main >out/output"),
        Language(
            "go", "50 packages: go build -trimpath, go vet, go test; the program runs", go,
            "export GOCACHE=/build/cache GOFLAGS=-mod=mod GOPROXY=off\n"
            "mkdir -p out\n"
            "go build -trimpath -o out/program .\n"
            "go test ./... | sed 's/\\t[0-9.]*s$//' >out/tests\n"
            "out/program >out/output"),
        Language(
            "clang", "12 files of C++17 with -O2 -g, linked", clang,
            "mkdir -p out\nmake -j$(nproc)\nout/program >out/output"),
        Language(
            "python", "an sdist and a wheel with a C extension, by setuptools", python,
            "python3 setup.py -q sdist --formats=tar -d dist bdist_wheel -d out\n"
            "cp build/temp.*/fifty/speed.o out/\n"
            "cd build/lib.* && python3 -c 'import fifty; print(fifty.total(1000))' >/build/src/out/output"),
    )
}
