// SPDX-License-Identifier: BSL-1.0

// This tree keeps the rules of house.hpp.

#include <cstdio>

#include "house/house.hpp"

int main() {
    const house::inspection inspection{RMAP_TEST_SOURCE};
    for (const house::finding& f : inspection.findings()) {
        std::printf("%s:%zu: %s\n", f.file.c_str(), f.line, f.what.c_str());
    }
    std::printf("%zu files, %zu findings\n", inspection.files(), inspection.findings().size());
    return inspection.files() < 10 || !inspection.findings().empty();
}
