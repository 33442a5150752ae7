// expect: rmap: topology must have copy_chain\(map, to, from, links, seen\), noexcept
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct unfinished : rmap::topologies::chain_tree {
    using copy_chain = void;  // hides it
};
struct policy : rmap::default_policy {
    using topology = unfinished;
};

rmap::status child_of(minimal::map<policy>& map, minimal::vma<policy>& child,
                      minimal::vma<policy>& parent) {
    return map.fork(child, parent);
}
