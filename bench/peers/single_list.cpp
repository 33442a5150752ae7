// SPDX-License-Identifier: BSL-1.0
#include "../arena_run.hpp"
#include "library.hpp"
#include "replayed.hpp"

namespace rmap_bench {

namespace {

struct family_policy : rmap::default_policy {
    using topology = rmap::topologies::single_list;
    using merge = rmap::merges::linux_2_6_7;
};

}  // namespace

static_assert(peer<library<family_policy>>);

const contestant single_list_contestant{"single_list", "one list for a fork family, as Linux 2.6.7",
                                        run_peer<library<family_policy>>,
                                        replay_trace<family_policy>};

}  // namespace rmap_bench
