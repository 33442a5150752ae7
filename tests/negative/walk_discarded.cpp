// expect: ignoring return(ed)? value
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

#pragma GCC diagnostic error "-Wunused-result"

using map_type = minimal::map<rmap::default_policy>;

void age(map_type& map, minimal::page<rmap::default_policy>& p) {
    map.walk(p, [](const auto&) {}, rmap::walk_mode::try_lock);  // contended: it looked at nothing
}
