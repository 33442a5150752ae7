// SPDX-License-Identifier: BSL-1.0

// Every trace in tests/traces replays without a difference, under each policy that rmap-replay has:
// all rows under those with the reference's merges, page rows under any.

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <rmap/hosted/std_locks.hpp>
#include <rmap/policy.hpp>
#include <rmap/replay.hpp>

#include "suite.hpp"

namespace {

using namespace rmap;
using suite::check;

struct std_locks : default_policy {
    using lock = hosted::shared_mutex;
};
struct chain_locks : default_policy {
    using locking = rmap::locking::lock_all;
};
struct shard_locks : default_policy {
    using locking = rmap::locking::sharded_root;
};

std::vector<std::string> traces() {
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

}  // namespace

int main() {
    replay_all<linux_6_18>("linux_6_18");
    replay_all<never_merge>("never_merge");
    replay_all<single_threaded>("single_threaded");
    replay_all<std_locks>("std_locks");
    replay_all<chain_locks>("chain_locks");
    replay_all<shard_locks>("shard_locks");
    return suite::result();
}
