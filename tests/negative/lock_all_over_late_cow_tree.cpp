// expect: rmap: axes 'locking' and 'topology' contradict each other
// SPDX-License-Identifier: BSL-1.0

#include "support/toy.hpp"

struct policy : rmap::late_cow_tree {
    using locking = rmap::locking::lock_all;
};

rmap_test::toy<policy>::map map;
