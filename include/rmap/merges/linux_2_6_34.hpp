// SPDX-License-Identifier: BSL-1.0
#pragma once

// merges::linux_2_6_34: the rules with which chains came into Linux (5beb49305251, March 2010), as
// they stood before the repairs of that April. Kept for its bug (B09): a first fault shares even
// the anon_vma of a fork child's vma. Then two vmas have one own anon_vma and different chains
// (I5), and when they merge, the pages of the ancestors that one chain lacks are lost. Use
// linux_2_6_37, which has the repair (d0e9fe1758f2).

#include <rmap/core/config.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/merges/reuse.hpp>

namespace rmap::inline RMAP_ABI {

namespace merges {

struct linux_2_6_34 : no_reuse {
    static constexpr bool is_reference = false;
    static constexpr bool asks_inherited = false;

    /// From any faulted neighbour.
    static constexpr bool may_share(merge_side neighbour) noexcept { return neighbour.faulted(); }

    /// One anon_vma at most.
    static constexpr bool may_merge(merge_side neighbour, merge_side range) noexcept {
        return neighbour.own == range.own || !neighbour.faulted() || !range.faulted();
    }
    static constexpr bool may_bridge(merge_side left, merge_side right) noexcept {
        return may_merge(left, right);
    }
};

static_assert(merge_rule<linux_2_6_34>);

}  // namespace merges

}  // namespace rmap::inline RMAP_ABI
