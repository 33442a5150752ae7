// expect: rmap: axes 'merge' and 'topology' contradict each other
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

// One anon_vma a family: a fork child's vma looks like any other.
struct policy : rmap::default_policy {
    using topology = rmap::topologies::single_list;
};

minimal::map<policy> map;
