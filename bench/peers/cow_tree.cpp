// SPDX-License-Identifier: BSL-1.0
#include "../arena_run.hpp"
#include "library.hpp"
#include "replayed.hpp"

namespace rmap_bench {

static_assert(peer<library<rmap::cow_tree>>);

const contestant cow_tree_contestant{
    "cow_tree", "a family as the tree of its forks, a vma in one node",
    run_peer<library<rmap::cow_tree>>, replay_trace<rmap::cow_tree>};

}  // namespace rmap_bench
