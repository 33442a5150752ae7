// SPDX-License-Identifier: BSL-1.0

// Every trace in tests/traces replays without a difference under each other topology: all rows
// where it has the kernel's graph, page rows under any.

#include <rmap/policy.hpp>

#include "all_traces.hpp"

namespace {

struct listed : rmap::default_policy {
    using topology = rmap::topologies::chain_list;
};
/// Of Linux 2.6.7: a merged vma has one anon_vma at most, and nobody asks who was inherited.
struct one_list : rmap::default_policy {
    using topology = rmap::topologies::single_list;
    using merge = rmap::merges::linux_2_6_7;
};
struct exact : rmap::default_policy {
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::linux_2_6_7;
};

}  // namespace

int main() {
    suite::replay_all<listed>("chain_list");
    suite::replay_all<one_list>("single_list");
    suite::replay_all<rmap::cow_tree>("cow_tree");
    suite::replay_all<rmap::late_cow_tree>("late_cow_tree");
    suite::replay_all<exact>("pte_chain");
    return suite::result();
}
