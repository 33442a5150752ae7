// expect: rmap: a complete walk needs a 'locking' discipline whose walks are complete
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using locking = rmap::locking::per_anon_vma;
    using merge = rmap::merges::never;
};

std::size_t walk(minimal::map<policy>& map, minimal::page<policy>* const* pages) {
    return map.walk_many(pages, 2, [](auto&, const auto&) {}).pages;
}
