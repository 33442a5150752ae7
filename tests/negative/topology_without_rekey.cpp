// expect: rmap: topology must have unkey\(map, vma\) and rekey\(map, vma\), noexcept
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct unfinished : rmap::topologies::chain_tree {
    using rekey = void;  // hides it
};
struct policy : rmap::default_policy {
    using topology = unfinished;
};

minimal::map<policy> map;
