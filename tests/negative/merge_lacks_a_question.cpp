// expect: rmap: merge must answer may_share, may_merge, may_bridge and may_reuse
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct only_prepare {
    static constexpr bool is_reference = false;
    static constexpr bool may_share(rmap::merge_side) noexcept { return false; }
};
struct policy : rmap::default_policy {
    using merge = only_prepare;
};

minimal::map<policy> map;
