// expect: rmap: axes 'merge' and 'topology' contradict each other
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using topology = rmap::topologies::pte_chain;
};

minimal::map<policy> map;
