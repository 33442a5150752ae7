// expect: ignoring return(ed)? value
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

#pragma GCC diagnostic error "-Wunused-result"

using map_type = minimal::map<rmap::default_policy>;

void look(map_type& map, minimal::page<rmap::default_policy>& p, map_type::place* out) {
    map.collect(p, out, 1, [](const auto&) { return true; });
}
