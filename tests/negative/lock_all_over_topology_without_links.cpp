// expect: rmap: axes 'locking' and 'topology' contradict each other
// SPDX-License-Identifier: BSL-1.0

#include "support/toy.hpp"

struct linkless : rmap::topologies::chain_tree {
    static constexpr bool has_links = false;
};
struct policy : rmap::default_policy {
    using locking = rmap::locking::lock_all;
    using topology = linkless;
    using merge = rmap::merges::never;
};

rmap_test::toy<policy>::map map;
