// SPDX-License-Identifier: BSL-1.0
#pragma once

// merges::adjacent: touching vmas merge if both are unfaulted or both have one own anon_vma, that
// is, what was split heals. Nothing else is shared, so the rule never asks whether a vma was
// inherited, and goes with every topology.

#include <rmap/core/config.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/merges/reuse.hpp>

namespace rmap::inline RMAP_ABI {

namespace merges {

struct adjacent : no_reuse {
    static constexpr bool is_reference = false;
    static constexpr bool asks_inherited = false;

    static constexpr bool may_share(merge_side) noexcept { return false; }
    static constexpr bool may_merge(merge_side neighbour, merge_side range) noexcept {
        return neighbour.own == range.own;
    }
    static constexpr bool may_bridge(merge_side left, merge_side right) noexcept {
        return left.own == right.own;
    }
};

static_assert(merge_rule<adjacent>);

}  // namespace merges

}  // namespace rmap::inline RMAP_ABI
