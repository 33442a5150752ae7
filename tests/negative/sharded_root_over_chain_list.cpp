// expect: rmap: axes 'locking' and 'topology' contradict each other: under this discipline links
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

// A walk of a list reads the ranges of all its vmas, also of those that lie on other shards.
struct policy : rmap::default_policy {
    using locking = rmap::locking::sharded_root;
    using topology = rmap::topologies::chain_list;
};

minimal::map<policy> map;
