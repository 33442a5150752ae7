// expect: rmap: take_all_locks stops the walks of anon_vmas and files
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::adjacent;
};

void stop(minimal::map<policy>& map) {
    const auto held = map.take_all_locks([](auto) {});
}
