// SPDX-License-Identifier: BSL-1.0

// docs/linux_6_18.md and the tests tell of the same rules: each row names a test case that is
// there, each test case has a row, and each file that a row names exists.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>

namespace {

int failures = 0;

void fail(const std::string& what) {
    std::printf("%s\n", what.c_str());
    ++failures;
}

// Id of each test case ("F-10") and its name ("f_10_a_stack_...").
std::map<std::string, std::string> cases_in_tests(const std::filesystem::path& root) {
    static const std::regex head{R"(BOOST_AUTO_TEST_CASE\((([a-z])_(\d+)_\w+)\))"};
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator{root / "tests/mm"}) {
        const std::string file = entry.path().filename().string();
        if (!file.starts_with("rules_") || !file.ends_with("_test.cpp")) continue;
        std::ifstream in{entry.path()};
        std::smatch m;
        for (std::string line; std::getline(in, line);) {
            if (!std::regex_search(line, m, head)) continue;
            const char letter = static_cast<char>(m[2].str()[0] - 'a' + 'A');
            const std::string id = std::string{letter} + '-' + m[3].str();
            if (!found.emplace(id, m[1].str()).second) fail(file + ": two test cases for " + id);
        }
    }
    return found;
}

}  // namespace

int main() {
    const std::filesystem::path root{RMAP_TEST_SOURCE};
    const auto cases = cases_in_tests(root);
    static const std::regex row{R"(^\| ([A-Z]-\d+) \| (.+) \| `([^`]+)` \| `([^`]+)` \|$)"};
    std::map<std::string, std::string> rules;
    std::ifstream in{root / "docs/linux_6_18.md"};
    std::smatch m;
    for (std::string line; std::getline(in, line);) {
        if (!std::regex_match(line, m, row)) {
            if (line.starts_with("| ") && line.find('-') == 3) fail("not a rule's row: " + line);
            continue;
        }
        const std::string id = m[1].str();
        const std::string name = m[4].str();
        if (!rules.emplace(id, name).second) fail("the document has " + id + " twice");
        if (!std::filesystem::exists(root / "include/rmap" / m[3].str())) {
            fail(id + ": there is no file " + m[3].str());
        }
        const auto held = cases.find(id);
        if (held == cases.end()) {
            fail(id + " has no test case");
        } else if (held->second != name) {
            fail(id + " is held by " + held->second + ", not by " + name);
        }
    }
    for (const auto& [id, name] : cases) {
        if (!rules.contains(id)) fail(name + " is no rule of docs/linux_6_18.md");
    }
    std::printf("%zu rules, %zu test cases, %d failures\n", rules.size(), cases.size(), failures);
    return rules.size() < 60 || failures != 0;
}
