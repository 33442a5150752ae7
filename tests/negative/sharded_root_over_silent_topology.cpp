// expect: rmap: axes 'locking' and 'topology' contradict each other: under this discipline links
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct hasty : rmap::topologies::chain_tree {
    static constexpr bool steps_singly = false;
};
struct policy : rmap::default_policy {
    using locking = rmap::locking::sharded_root;
    using topology = hasty;
};

minimal::map<policy> map;
