// expect: rmap: a complete walk needs a 'locking' discipline whose walks are complete
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using locking = rmap::locking::per_anon_vma;
    using merge = rmap::merges::never;
};

void migrate(minimal::map<policy>& map, minimal::page<policy>& page) {
    (void)map.walk<rmap::need::may_miss>(page, [](const auto&) {});  // this one is fine
    (void)map.walk(page, [](const auto&) {});
}
