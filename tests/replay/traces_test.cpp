// SPDX-License-Identifier: BSL-1.0

// Every trace in tests/traces replays without a difference, under each policy that rmap-replay has:
// all rows under those with the reference's merges, page rows under any.

#include <rmap/hosted/std_locks.hpp>
#include <rmap/policy.hpp>

#include "all_traces.hpp"

namespace {

using namespace rmap;
using suite::replay_all;

struct std_locks : default_policy {
    using lock = hosted::shared_mutex;
};
struct chain_locks : default_policy {
    using locking = rmap::locking::lock_all;
};
struct shard_locks : default_policy {
    using locking = rmap::locking::sharded_root;
};

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
