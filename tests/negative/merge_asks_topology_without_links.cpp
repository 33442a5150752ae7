// expect: rmap: axes 'merge' and 'topology' contradict each other
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct opaque : rmap::topologies::chain_tree {
    static constexpr bool has_links = false;
};
struct policy : rmap::default_policy {
    using topology = opaque;
};

minimal::map<policy> map;
