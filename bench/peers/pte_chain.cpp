// SPDX-License-Identifier: BSL-1.0
#include "../arena_run.hpp"
#include "library.hpp"
#include "replayed.hpp"

namespace rmap_bench {

namespace {

struct exact_policy : rmap::default_policy {
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::linux_2_6_7;
};

}  // namespace

static_assert(peer<library<exact_policy>>);

const contestant pte_chain_contestant{"pte_chain", "a chain of places in each page, as Linux 2.5",
                                      run_peer<library<exact_policy>>, replay_trace<exact_policy>};

}  // namespace rmap_bench
