// expect: rmap: a walk calls its visitor with a place
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

using policy = rmap::default_policy;

rmap::walk_result look(minimal::map<policy>& map, minimal::page<policy>& p) {
    return map.walk(p, [](minimal::vma<policy>&) {});
}
