// SPDX-License-Identifier: BSL-1.0
#include "../arena_run.hpp"
#include "library.hpp"
#include "replayed.hpp"

namespace rmap_bench {

static_assert(peer<library<rmap::default_policy>>);

const contestant chain_tree_contestant{
    "chain_tree", "the links of Linux 3.7 to today, in interval trees",
    run_peer<library<rmap::default_policy>>, replay_trace<rmap::default_policy>};

}  // namespace rmap_bench
