// expect: rmap: keep\(place\), which collect and confirm ask, must return bool
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

using map_type = minimal::map<rmap::default_policy>;

auto look(map_type& map, minimal::page<rmap::default_policy>& p, map_type::place* out) {
    return map.collect(p, out, 1, [](const auto&) {});
}
