// expect: rmap: a complete walk needs a 'locking' discipline whose walks are complete
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct best_effort : rmap::locking::root {
    static constexpr bool walk_is_complete = false;
};
struct policy : rmap::default_policy {
    using locking = best_effort;
};

void migrate(minimal::map<policy>& map, minimal::page<policy>& page) {
    (void)map.walk<rmap::need::may_miss>(page, [](const auto&) {});  // this one is fine
    (void)map.walk(page, [](const auto&) {});
}
