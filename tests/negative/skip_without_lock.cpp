// expect: rmap: a visitor that says needs_lock = false is handed no vma, so it cannot skip any
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct counts {
    static constexpr bool needs_lock = false;
    template <class Place>
    void operator()(const Place&) {}
    template <class Vma>
    bool skip(const Vma&) {
        return false;
    }
};
using policy = rmap::glancing_cow_tree;

void look(minimal::map<policy>& map, minimal::page<policy>& page) {
    (void)map.walk<rmap::need::may_miss>(page, counts{});
}
