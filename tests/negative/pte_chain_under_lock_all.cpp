// expect: rmap: axes 'locking' and 'topology' contradict each other: under an exact topology walks
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using locking = rmap::locking::lock_all;
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::adjacent;
};

minimal::map<policy> map;
