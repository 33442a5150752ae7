// SPDX-License-Identifier: BSL-1.0
#pragma once

// merges::linux_6_18: the rules of Linux 6.18, as its recorded behaviour shows them
// (docs/linux_6_18.md, rules M-*). "Inherited" sides stay apart because merging a fork child with
// others would widen the set of vmas under one root, and because two vmas with one own anon_vma
// MUST have the same chain (I5; Linux bug d0e9fe1758f2).

#include <rmap/core/config.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/merges/reuse.hpp>

namespace rmap::inline RMAP_ABI {

namespace merges {

struct linux_6_18 : reuse_by_two_counters {
    static constexpr bool is_reference = true;

    /// Only from a neighbour that never was a fork child (Linux d0e9fe1758f2).
    static constexpr bool may_share(merge_side neighbour) noexcept {
        return neighbour.faulted() && !neighbour.inherited;
    }

    /// Both unfaulted, or the same anon_vma; one faulted and one not: only if the faulted one is
    /// not inherited, whichever side it is on (Linux 879bca0a2c4f, 6.16).
    static constexpr bool may_merge(merge_side neighbour, merge_side range) noexcept {
        if (neighbour.own == range.own) return true;
        if (neighbour.faulted() && range.faulted()) return false;
        return neighbour.faulted() ? !neighbour.inherited : !range.inherited;
    }

    /// Each agrees with what is between them already; here only two different anon_vmas exclude.
    static constexpr bool may_bridge(merge_side left, merge_side right) noexcept {
        return left.own == right.own || !left.faulted() || !right.faulted();
    }
};

static_assert(merge_rule<linux_6_18>);

}  // namespace merges

}  // namespace rmap::inline RMAP_ABI
