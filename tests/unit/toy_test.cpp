// SPDX-License-Identifier: BSL-1.0

// Runs the toy kernel of tests/freestanding, which elsewhere is only compiled, linked and looked
// at.

#include "freestanding/toy.cpp"

#include <cstdio>

int main() {
    const int line = toy();
    if (line != 0) std::fprintf(stderr, "tests/freestanding/toy.cpp:%d\n", line);
    return line == 0 ? 0 : 1;
}
