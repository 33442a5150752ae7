// expect: ignoring return(ed)? value
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

#pragma GCC diagnostic error "-Wunused-result"

void fault(minimal::map<rmap::default_policy>& map, minimal::vma<rmap::default_policy>& v) {
    map.prepare(v);
}
