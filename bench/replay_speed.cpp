// SPDX-License-Identifier: BSL-1.0

// How many events of recorded programs a second are replayed, without comparing snapshots: the
// traces of the tests, the whole way from their text.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <rmap/policy.hpp>
#include <rmap/replay/text.hpp>

#include "replay_text.hpp"

namespace rmap_bench {

namespace {

// Traces of fewer lines say more about the first touch of memory than about events.
constexpr std::uint64_t least_lines = 900;

std::string short_name(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    return name.substr(0, name.find('.'));
}

}  // namespace

bool replay_speed(report& to) {
    std::vector<std::filesystem::path> paths;
    std::error_code wrong;
    for (const auto& entry : std::filesystem::directory_iterator{RMAP_TEST_TRACES, wrong}) {
        if (entry.path().filename().string().find(".trace") != std::string::npos) {
            paths.push_back(entry.path());
        }
    }
    if (wrong) {
        std::fprintf(stderr, "rmap-bench: %s: %s\n", RMAP_TEST_TRACES, wrong.message().c_str());
        return false;
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
        rmap::replay::input in;
        std::string text;
        if (!in.open(path.c_str())) {
            std::fprintf(stderr, "rmap-bench: %s: %s\n", path.c_str(), in.error().c_str());
            return false;
        }
        if (!events_of(in, text)) return false;
        if (std::count(text.begin(), text.end(), '\n') < std::ptrdiff_t{least_lines}) continue;
        const std::string name = "replay_speed/" + short_name(path);
        if (!report_replay<rmap::default_policy>(to, name, text)) return false;
        if (!report_replay<rmap::single_threaded>(to, name + "/single_threaded", text)) {
            return false;
        }
    }
    return true;
}

}  // namespace rmap_bench
