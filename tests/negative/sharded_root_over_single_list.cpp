// expect: rmap: axes 'locking' and 'topology' contradict each other: under this discipline links
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using locking = rmap::locking::sharded_root;
    using topology = rmap::topologies::single_list;
    using merge = rmap::merges::linux_2_6_7;
};

minimal::map<policy> map;
