// SPDX-License-Identifier: BSL-1.0

// Reads `objdump -d` of a linked program and looks for recursion: prints each cycle of calls that
// it meets, and returns 1 if there is one, 2 if it found no function at all. Used by toy.cmake.

#include <cstdio>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

class call_graph {
public:
    void read(std::istream& in) {
        // 0000000000401000 <name>:          and          401005: call   401020 <name>
        static const std::regex function{R"(^[0-9a-f]+ <(.*)>:$)"};
        static const std::regex call{R"(\s(callq?|jmpq?)\s+[0-9a-f]+ <([^+]*)>$)"};
        std::string current;
        for (std::string line; std::getline(in, line);) {
            std::smatch match;
            if (std::regex_match(line, match, function)) {
                current = match[1];
                calls_[current];
            } else if (std::regex_search(line, match, call)) {
                // A jump to the function's own start is a loop.
                if (match[1].str()[0] == 'c' || match[2] != current) {
                    calls_[current].insert(match[2]);
                }
            }
        }
    }

    [[nodiscard]] std::size_t functions() const { return calls_.size(); }

    [[nodiscard]] int print_cycles() {
        int cycles = 0;
        for (const auto& [name, called] : calls_) {
            cycles += visit(name);
        }
        return cycles;
    }

private:
    int visit(const std::string& name) {
        for (std::size_t i = 0; i < path_.size(); ++i) {
            if (path_[i] == name) {
                for (; i < path_.size(); ++i) {
                    std::printf("%s\n  calls ", path_[i].c_str());
                }
                std::printf("%s\n", name.c_str());
                return 1;
            }
        }
        if (!done_.insert(name).second) {
            return 0;
        }
        path_.push_back(name);
        int cycles = 0;
        if (const auto found = calls_.find(name); found != calls_.end()) {
            for (const std::string& called : found->second) {
                cycles += visit(called);
            }
        }
        path_.pop_back();
        return cycles;
    }

    std::map<std::string, std::set<std::string>> calls_;
    std::set<std::string> done_;
    std::vector<std::string> path_;
};

}  // namespace

int main() {
    call_graph graph;
    graph.read(std::cin);
    const int cycles = graph.print_cycles();
    std::printf("%zu functions, %d cycles of calls\n", graph.functions(), cycles);
    return graph.functions() == 0 ? 2 : cycles != 0;
}
