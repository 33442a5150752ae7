// expect: rmap: topology must have visit\(map, anon_vma, index, f\) and visit_all
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct unfinished : rmap::topologies::chain_tree {
    using visit = void;  // hides it
};
struct policy : rmap::default_policy {
    using topology = unfinished;
};

minimal::map<policy> map;
