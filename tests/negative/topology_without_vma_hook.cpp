// expect: rmap: topology must provide vma_hook
// SPDX-License-Identifier: BSL-1.0

// The user's own vma is the first to notice, before there is a map.

#include "support/minimal.hpp"

struct unfinished : rmap::topologies::chain_tree {
    using vma_hook = void;  // hides it
};
struct policy : rmap::default_policy {
    using topology = unfinished;
};

struct region : rmap::vma_hook<policy> {};
