// SPDX-License-Identifier: BSL-1.0
#pragma once

// Replays every trace in tests/traces under one policy: none may differ.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <rmap/replay.hpp>

#include "suite.hpp"

namespace suite {

namespace replay = rmap::replay;

inline std::vector<std::string> traces() {
    std::vector<std::string> out;
    for (const auto& file : std::filesystem::directory_iterator{RMAP_TEST_TRACES}) {
        const std::string path = file.path().string();
        if (path.ends_with(".trace") || path.ends_with(".trace.gz")) out.push_back(path);
    }
    std::ranges::sort(out);
    return out;
}

template <class Policy>
void replay_all(const char* policy) {
    std::vector<replay::outcome> all;
    for (const std::string& trace : traces()) {
        replay::input in;
        if (!check(in.open(trace.c_str()), trace + ": " + in.error())) continue;
        replay::outcome o = replay::run_trace<Policy>(in, {}, [](std::uint64_t, std::uint64_t) {});
        check(!o.wrong, o.wrong ? o.wrong->text() : "");
        check(o.numbers.differences == 0 && o.numbers.snapshots != 0,
              o.first ? o.first->where + ": " + o.first->what +
                            "\n  expected: " + o.first->expected + "\n  got:      " + o.first->got
                      : trace + ": nothing compared");
        all.push_back(std::move(o));
    }
    check(all.size() > 50, "the traces are there");
    std::printf("%s: %s\n", policy, replay::verdict(all).c_str());
}

}  // namespace suite
