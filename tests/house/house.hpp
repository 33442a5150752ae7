// SPDX-License-Identifier: BSL-1.0
#pragma once

// The rules of the house, as a function from a source tree to what breaks them. house_test runs it
// on this tree, self_test on small trees with one fault each. It reads text, not C++: comments that
// start with // and string literals are taken away before code is looked at.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace house {

namespace fs = std::filesystem;

struct finding {
    std::string file;
    std::size_t line;  // 0: the whole file
    std::string what;
};

/// The include order, top to bottom: a file includes only from its own room and from those above
/// it.
inline const std::vector<std::string> rooms{
    "core",       "fwd.hpp",    "model",           "locks",      "locking",
    "topologies", "merges",     "lifetimes",       "policy.hpp", "ops",
    "axes.hpp",   "compat.hpp", "reverse_map.hpp", "flags",      "rmap.hpp",
    "hosted",     "hosted.hpp", "verify",          "verify.hpp", "mm",
    "mm.hpp",     "replay",     "replay.hpp"};

inline const std::set<std::string> hosted_rooms{"hosted", "hosted.hpp", "verify", "verify.hpp",
                                                "mm",     "mm.hpp",     "replay", "replay.hpp"};

/// The axes do not know of each other; compat.hpp alone speaks of two at once.
inline const std::set<std::string> axes{"locks", "locking", "topologies", "merges", "lifetimes"};

/// But any of them may take a lock, ask whether it is held, and count changes: these name no lock.
inline const std::set<std::string> of_every_lock{"locks/guard.hpp", "locks/held.hpp",
                                                 "locks/seqcount.hpp"};

/// What is of use without a reverse map includes nothing of one.
inline const std::set<std::string> flags_may_include{"core", "locks", "flags"};

/// What the core may include of the standard library: the headers that parse without a libc.
inline const std::set<std::string> core_set{
    "cstddef", "cstdint", "type_traits", "concepts", "utility", "new", "compare", "bit", "limits"};

inline constexpr std::size_t most_lines = 400;
inline constexpr std::size_t most_columns = 100;

// Pieces, so that this file does not contain the words.
inline const std::regex unfinished{
    "\\b(TO"
    "DO|FIX"
    "ME|XX"
    "X|HA"
    "CK)\\b|"
    "not impl"
    "emented|place"
    "holder"};
inline const std::regex elsewhere{
    "/wo"
    "rk/|\\.\\./sha"
    "red"};
inline const std::regex not_in_core{
    "\\b(thread_local|throw|try|catch|dynamic_cast|typeid)\\b|\\bstd::(atomic|mutex|function)"};
inline const std::regex include_line{R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)"};

/// The room of a path below include/rmap: its first component.
inline std::string room_of(const std::string& path) {
    return path.substr(0, path.find('/'));
}

/// The line without its string literals and its comment.
inline std::string code_of(const std::string& line) {
    static const std::regex literal{R"("([^"\\]|\\.)*")"};
    std::string code = std::regex_replace(line, literal, "\"\"");
    return code.substr(0, code.find("//"));
}

inline std::vector<std::string> lines_of(const fs::path& path) {
    std::vector<std::string> lines;
    std::ifstream in{path};
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// Columns as a reader counts them: UTF-8 continuation bytes take none.
inline std::size_t columns_of(const std::string& line) {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), begins));
}

class inspection {
public:
    explicit inspection(fs::path root) : root_{std::move(root)} {
        for (const char* folder : {"include", "examples", "tests", "bench", "docs"}) {
            if (!fs::exists(root_ / folder)) {
                continue;
            }
            for (const auto& entry : fs::recursive_directory_iterator{root_ / folder}) {
                if (entry.is_regular_file()) {
                    file(entry.path());
                }
            }
        }
        for (const char* name : {"CMakeLists.txt", "README.md"}) {
            if (fs::exists(root_ / name)) {
                file(root_ / name);
            }
        }
        cycles();
    }

    [[nodiscard]] const std::vector<finding>& findings() const { return findings_; }
    [[nodiscard]] std::size_t files() const { return files_; }

private:
    void file(const fs::path& path) {
        const std::string name = fs::relative(path, root_).generic_string();
        const std::string extension = path.extension().string();
        const bool header = extension == ".hpp";
        const bool source = header || extension == ".cpp" || extension == ".cmake" ||
                            path.filename() == "CMakeLists.txt";
        if (!source && extension != ".md") {
            return;
        }
        ++files_;
        const std::vector<std::string> lines = lines_of(path);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (std::regex_search(lines[i], unfinished)) {
                add(name, i + 1, "a word of unfinished work");
            }
            if (std::regex_search(lines[i], elsewhere)) {
                add(name, i + 1, "a path outside the tree");
            }
            if (source && lines[i].find('\t') != std::string::npos) {
                add(name, i + 1, "a tab");
            }
            const bool promise = lines[i].rfind("// expect: ", 0) == 0;  // of a negative test
            if (source && !promise && columns_of(lines[i]) > most_columns) {
                add(name, i + 1, "more than 100 columns");
            }
        }
        if (!source) {
            return;
        }
        if (lines.size() > most_lines) {
            add(name, 0, "more than 400 lines");
        }
        // A negative case begins with what it expects.
        const bool negative = name.rfind("tests/negative/", 0) == 0 && extension == ".cpp";
        const std::size_t first = negative ? 1 : 0;
        if (lines.size() <= first ||
            lines[first].find("SPDX-License-Identifier: BSL-1.0") == std::string::npos) {
            add(name, first + 1, "no SPDX line");
        }
        if (header && std::find(lines.begin(), lines.end(), "#pragma once") == lines.end()) {
            add(name, 0, "no #pragma once");
        }
        const std::string rmap = "include/rmap/";
        if (name.rfind(rmap, 0) == 0) {
            library_file(name, name.substr(rmap.size()), lines);
        }
    }

    void library_file(const std::string& name, const std::string& path,
                      const std::vector<std::string>& lines) {
        const std::string room = room_of(path);
        const auto rank = std::find(rooms.begin(), rooms.end(), room);
        if (rank == rooms.end()) {
            add(name, 0, "no such room: " + room);
            return;
        }
        const bool hosted = hosted_rooms.count(room) != 0;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (!hosted && std::regex_search(code_of(lines[i]), not_in_core)) {
                add(name, i + 1, "not in a freestanding room: " + lines[i]);
            }
            std::smatch match;
            if (!std::regex_match(lines[i], match, include_line)) {
                continue;
            }
            const std::string included = match[2];
            if (match[1] == "\"") {
                add(name, i + 1, "include with <rmap/...>");
            } else if (included.rfind("rmap/", 0) != 0) {
                if (!hosted && core_set.count(included) == 0) {
                    add(name, i + 1, "outside the core set: <" + included + ">");
                }
            } else {
                includes_[path].emplace_back(included.substr(5));
                include_of(name, i + 1, room, included.substr(5));
            }
        }
    }

    void include_of(const std::string& name, std::size_t line, const std::string& room,
                    const std::string& included) {
        const std::string other = room_of(included);
        const auto rank = [](const std::string& r) {
            return std::find(rooms.begin(), rooms.end(), r);
        };
        if (!fs::exists(root_ / "include/rmap" / included)) {
            add(name, line, "no such header: " + included);
        } else if (rank(other) > rank(room)) {
            add(name, line, "upward include: " + room + " stands above " + other);
        } else if (room != other && axes.count(room) != 0 && axes.count(other) != 0 &&
                   of_every_lock.count(included) == 0) {
            add(name, line, "an axis includes another axis: " + included);
        } else if (room == "flags" && flags_may_include.count(other) == 0) {
            add(name, line, "flags/ includes something of the reverse map: " + included);
        }
    }

    void cycles() {
        std::map<std::string, int> state;  // 1: on the path, 2: done
        for (const auto& [path, includes] : includes_) {
            visit(path, state);
        }
    }

    void visit(const std::string& path, std::map<std::string, int>& state) {
        if (state[path] != 0) {
            if (state[path] == 1) {
                add("include/rmap/" + path, 0, "an include cycle");
            }
            return;
        }
        state[path] = 1;
        for (const std::string& included : includes_[path]) {
            visit(included, state);
        }
        state[path] = 2;
    }

    void add(const std::string& file, std::size_t line, const std::string& what) {
        findings_.push_back({file, line, what});
    }

    fs::path root_;
    std::size_t files_ = 0;
    std::vector<finding> findings_;
    std::map<std::string, std::vector<std::string>> includes_;
};

}  // namespace house
