// SPDX-License-Identifier: BSL-1.0

// The papers on writing a lock, a discipline and a topology show the examples that are compiled as
// tests, which have at most 80 lines, and list every law in its words.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include <rmap/verify/conformance/discipline_laws.hpp>
#include <rmap/verify/conformance/lock_laws.hpp>
#include <rmap/verify/conformance/merge_laws.hpp>
#include <rmap/verify/conformance/topology_laws.hpp>

namespace {

int failures = 0;

void expect(bool holds, const std::string& what) {
    if (holds) return;
    std::printf("%s\n", what.c_str());
    ++failures;
}

std::string contents(const std::string& path) {
    std::ifstream in{std::string{RMAP_TEST_SOURCE} + "/" + path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void shows(const std::string& paper, const std::string& example) {
    const std::string code = contents("tests/conformance/" + example);
    const auto begin = code.find("#include");
    expect(begin != std::string::npos, "not found: " + example);
    if (begin == std::string::npos) return;
    expect(contents(paper).find("```cpp\n" + code.substr(begin) + "```\n") != std::string::npos,
           paper + " does not show " + example + " as it is");
    expect(std::count(code.begin(), code.end(), '\n') <= 80, example + " is too long");
}

template <std::size_t N>
void lists(const std::string& paper, const rmap::verify::law (&laws)[N]) {
    const std::string text = contents(paper);
    for (const auto& l : laws) {
        const std::string row = std::string{"| `"} + l.name + "` | " + l.says + " |\n";
        expect(text.find(row) != std::string::npos, paper + " does not list " + l.name);
    }
}

}  // namespace

int main() {
    using namespace rmap::verify;
    shows("docs/write_a_lock.md", "own_lock_test.cpp");
    shows("docs/write_a_discipline.md", "own_discipline_test.cpp");
    shows("docs/write_a_topology.md", "own_topology_test.cpp");
    lists("docs/write_a_lock.md", lock_laws);
    lists("docs/write_a_discipline.md", discipline_laws);
    lists("docs/write_a_topology.md", topology_laws);
    lists("docs/write_a_topology.md", merge_laws);
    return failures != 0;
}
