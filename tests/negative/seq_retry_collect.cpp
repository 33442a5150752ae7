// expect: rmap: a complete walk needs a 'locking' discipline whose walks are complete
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using locking = rmap::locking::seq_retry;
    using merge = rmap::merges::never;
};

rmap::status same(minimal::map<policy>& map, minimal::page<policy>& page) {
    return map.confirm(page, nullptr, 0, [](const auto&) { return true; });
}
