// SPDX-License-Identifier: BSL-1.0
#include "../arena_run.hpp"
#include "library.hpp"
#include "replayed.hpp"

namespace rmap_bench {

static_assert(peer<library<rmap::late_cow_tree>>);

const contestant late_cow_tree_contestant{
    "late_cow_tree", "the same, a fork child gets its own node when it writes",
    run_peer<library<rmap::late_cow_tree>>, replay_trace<rmap::late_cow_tree>};

}  // namespace rmap_bench
