// SPDX-License-Identifier: BSL-1.0
#include "../arena_run.hpp"
#include "library.hpp"
#include "replayed.hpp"

namespace rmap_bench {

namespace {

struct list_policy : rmap::default_policy {
    using topology = rmap::topologies::chain_list;
};

}  // namespace

static_assert(peer<library<list_policy>>);

const contestant chain_list_contestant{"chain_list", "the links of Linux 2.6.34, in lists",
                                       run_peer<library<list_policy>>, replay_trace<list_policy>};

}  // namespace rmap_bench
