// expect: ignoring return(ed)? value
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

#pragma GCC diagnostic error "-Wunused-result"

using policy = rmap::default_policy;

void age(minimal::map<policy>& map, minimal::page<policy>* const* pages) {
    map.walk_many(pages, 2, [](auto&, const auto&) {}, rmap::walk_mode::try_lock);
}
