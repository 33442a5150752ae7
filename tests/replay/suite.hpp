// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the replay tests share: a check that goes on after a failure, a folder for the files of one
// test, and a run of the built program.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <sys/wait.h>
#include <unistd.h>

namespace suite {

inline int failures = 0;

inline bool check(bool good, std::string_view what, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) {
    if (!good) {
        ++failures;
        std::printf("%s:%d: %.*s\n", file, line, static_cast<int>(what.size()), what.data());
    }
    return good;
}

/// The exit code of a test.
inline int result() {
    std::printf("%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}

/// A folder that goes away with the object.
class scratch {
public:
    scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "rmap-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string path(std::string_view name) const { return (path_ / name).string(); }
    [[nodiscard]] std::string write(std::string_view name, std::string_view text) const {
        const std::string to = path(name);
        std::ofstream{to, std::ios::binary} << text;
        return to;
    }

private:
    std::filesystem::path path_;
};

inline std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path, std::ios::binary}.rdbuf();
    return text.str();
}

struct ended {
    int code = -1;  // -1: a signal ended it
    std::string out{};
    std::string err{};
};

/// Runs a shell command line, `program` of the build in front.
inline ended run(const scratch& in, const std::string& program, const std::string& arguments,
                 const std::string& environment = {}) {
    const std::string out = in.path("stdout");
    const std::string err = in.path("stderr");
    const std::string line = environment + ' ' + RMAP_TEST_BIN + '/' + program + ' ' + arguments +
                             " > '" + out + "' 2> '" + err + "'";
    const int state = std::system(line.c_str());
    return {WIFEXITED(state) ? WEXITSTATUS(state) : -1, read(out), read(err)};
}

/// Whether the program was built; says so if not.
inline bool have(const std::string& program) {
    const bool there = std::filesystem::exists(std::string{RMAP_TEST_BIN} + '/' + program);
    if (!there) std::printf("left out: %s was not built (RMAP_BUILD_EXAMPLES)\n", program.c_str());
    return there;
}

}  // namespace suite
