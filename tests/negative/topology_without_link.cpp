// expect: rmap: topology must provide vma_hook, anchor, link, link_list
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct unfinished : rmap::topologies::chain_tree {
    using link = void;  // hides it
};
struct policy : rmap::default_policy {
    using topology = unfinished;
};

minimal::map<policy> map;
