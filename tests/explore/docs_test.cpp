// SPDX-License-Identifier: BSL-1.0

// docs/explorer.md shows the example that is compiled as a test.

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace {

std::string contents(const char* path) {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

int main() {
    const std::string example = contents(RMAP_TEST_SOURCE "/tests/explore/example_test.cpp");
    const std::string paper = contents(RMAP_TEST_SOURCE "/docs/explorer.md");
    const auto begin = example.find("#include");
    if (begin == std::string::npos || paper.empty()) {
        std::printf("not found: docs/explorer.md, or its example\n");
        return 1;
    }
    if (paper.find("```cpp\n" + example.substr(begin) + "```\n") == std::string::npos) {
        std::printf("docs/explorer.md does not show tests/explore/example_test.cpp as it is\n");
        return 1;
    }
    return 0;
}
