// expect: rmap: under an exact 'topology' no anon_vma leads to a vma
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::adjacent;
};

void walk(minimal::map<policy>& map, rmap::anon_vma<policy>& av) {
    (void)map.walk_from(av, 0, [](const auto&) {});
}
