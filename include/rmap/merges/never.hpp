// SPDX-License-Identifier: BSL-1.0
#pragma once

// merges::never: each vma keeps to itself. No vma ever merges, every first fault makes an anon_vma,
// every fork child makes one more. The shortest rule to copy from, and the baseline to compare
// with.

#include <rmap/core/config.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/merges/reuse.hpp>

namespace rmap::inline RMAP_ABI {

namespace merges {

struct never : no_reuse {
    static constexpr bool is_reference = false;
    static constexpr bool asks_inherited = false;

    static constexpr bool may_share(merge_side) noexcept { return false; }
    static constexpr bool may_merge(merge_side, merge_side) noexcept { return false; }
    static constexpr bool may_bridge(merge_side, merge_side) noexcept { return false; }
};

static_assert(merge_rule<never>);

}  // namespace merges

}  // namespace rmap::inline RMAP_ABI
