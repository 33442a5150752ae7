// SPDX-License-Identifier: BSL-1.0

// The README shows examples/quickstart.cpp as it is, which has at most 40 lines, docs/embedding.md
// shows a part of examples/own_types.cpp, and each file that a paper of this tree names in
// backticks exists.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

namespace fs = std::filesystem;

namespace {

int failures = 0;

void expect(bool holds, const std::string& what) {
    if (holds) return;
    std::printf("%s\n", what.c_str());
    ++failures;
}

std::string contents(const fs::path& path) {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

// Names of files are relative to the tree, to include/ or to include/rmap/.
void check_names(const fs::path& root, const fs::path& paper) {
    static const std::regex name{R"(`([A-Za-z0-9_.]+(/[A-Za-z0-9_.-]+)+)`)"};
    const std::string text = contents(paper);
    for (std::sregex_iterator it{text.begin(), text.end(), name}, end; it != end; ++it) {
        const fs::path named = (*it)[1].str();
        const bool there = fs::exists(root / named) || fs::exists(root / "include/rmap" / named) ||
                           fs::exists(root / "include" / named);
        expect(there, paper.string() + ": there is no " + named.string());
    }
}

}  // namespace

int main() {
    const fs::path root{RMAP_TEST_SOURCE};
    const std::string example = contents(root / "examples/quickstart.cpp");
    const std::string readme = contents(root / "README.md");
    expect(!example.empty() && readme.find("```cpp\n" + example + "```\n") != std::string::npos,
           "README.md does not show examples/quickstart.cpp as it is");
    expect(std::count(example.begin(), example.end(), '\n') <= 40,
           "examples/quickstart.cpp has more than 40 lines");

    // The paper on embedding shows one trait of that example.
    const std::string types = contents(root / "examples/own_types.cpp");
    const std::string embedding = contents(root / "docs/embedding.md");
    const auto shown = embedding.find("```cpp\n") + 7;
    expect(types.find(embedding.substr(shown, embedding.find("```", shown) - shown)) !=
               std::string::npos,
           "docs/embedding.md does not show a part of examples/own_types.cpp first");

    check_names(root, root / "README.md");
    check_names(root, root / "include/rmap/README.md");
    for (const auto& entry : fs::directory_iterator{root / "docs"}) {
        if (entry.path().extension() == ".md") check_names(root, entry.path());
    }
    return failures != 0;
}
