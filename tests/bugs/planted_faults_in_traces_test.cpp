// SPDX-License-Identifier: BSL-1.0

// Every fault of a policy is noticed by the replay of what a kernel did, even one that leaves a
// sound map: the traces in tests/traces are that sharp. Only short ones are used, one after the
// other.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <rmap/replay/run.hpp>

#include "support/faulty_policy.hpp"

namespace {

std::vector<std::string> short_traces() {
    std::vector<std::string> all;
    for (const auto& at : std::filesystem::directory_iterator{RMAP_TEST_TRACES}) {
        if (at.path().extension() == ".trace" && at.file_size() <= 12'000) {
            all.push_back(at.path().string());
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

rmap_test::outcome traces() {
    for (const std::string& path : short_traces()) {
        rmap::replay::input in;
        if (!in.open(path.c_str())) return rmap_test::died;
        const auto ended = rmap::replay::run_trace<rmap_test::faulty>(in, {}, [](auto...) {});
        if (ended.first || ended.wrong) return rmap_test::by_trace;
    }
    return rmap_test::sound;
}

}  // namespace

int main() {
    int failures = 0;
    std::printf("%zu traces\n", short_traces().size());
    if (rmap_test::apart(rmap_test::fault::none, traces) != rmap_test::sound) {
        ++failures;
        std::printf("a trace differs without a fault\n");
    }
    for (const auto& [fault, name] : rmap_test::faults) {
        const auto by = rmap_test::apart(fault, traces);
        std::printf("%s: noticed by %s\n", name, rmap_test::noticed_by[by]);
        if (by == rmap_test::sound) ++failures;
    }
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
