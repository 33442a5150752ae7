// expect: rmap: a visitor that says needs_lock = false is called when the walk is over
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct counts {
    static constexpr bool needs_lock = false;
    template <class Place>
    void operator()(const Place&) {}
};
using policy = rmap::glancing_cow_tree;

void migrate(minimal::map<policy>& map, minimal::page<policy>& page) {
    (void)map.walk<rmap::need::may_miss>(page, counts{});  // this one is fine
    (void)map.walk(page, counts{});
}
