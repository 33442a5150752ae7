// expect: rmap: a visitor that says needs_lock = false is called when the walk is over
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct counts {
    static constexpr bool needs_lock = false;
    template <class Place>
    void operator()(const Place&) {}
};
using policy = rmap::glancing_cow_tree;
struct each {
    counts begin(minimal::page<policy>&) { return {}; }
};

void migrate(minimal::map<policy>& map, minimal::page<policy>* const* pages, each visitor) {
    (void)map.walk_many<rmap::need::may_miss>(pages, 1, visitor);  // this one is fine
    (void)map.walk_many(pages, 1, visitor);
}
