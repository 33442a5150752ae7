// expect: rmap: take_places needs a 'topology' that is exact
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

void take(minimal::map<rmap::default_policy>& map, minimal::page<rmap::default_policy>& page) {
    map.take_places(page, page, [](const auto&) {});
}
