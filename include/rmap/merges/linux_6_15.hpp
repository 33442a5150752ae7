// SPDX-License-Identifier: BSL-1.0
#pragma once

// merges::linux_6_15: as from 3.0 to 6.15. A neighbour that is no fork child is asked for before an
// unfaulted range joins it (965f55dea0e3); but it was the neighbour that was looked at even where
// the range is the one that is faulted, and an unfaulted neighbour has no chain at all: so faulted
// memory never joins unfaulted memory, and what merges depends on which side was touched first
// (B29; 879bca0a2c4f, 6.16, mended it).

#include <rmap/core/config.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/merges/reuse.hpp>

namespace rmap::inline RMAP_ABI {

namespace merges {

/// With the reuse rule of the kernel's version, of reuse.hpp.
template <class Reuse>
struct linux_before_6_16 : Reuse {
    static constexpr bool is_reference = false;

    static constexpr bool may_share(merge_side neighbour) noexcept {
        return neighbour.faulted() && !neighbour.inherited;
    }
    static constexpr bool may_merge(merge_side neighbour, merge_side range) noexcept {
        if (neighbour.own == range.own) return true;
        return !range.faulted() && !neighbour.inherited;
    }
    /// Between the two neighbours nobody asks who is a fork child.
    static constexpr bool may_bridge(merge_side left, merge_side right) noexcept {
        return left.own == right.own || !left.faulted() || !right.faulted();
    }
};

/// Linux 6.0 to 6.15.
struct linux_6_15 : linux_before_6_16<reuse_by_two_counters> {};
/// Linux 3.19 to 5.19, with CVE-2022-42703: see reuse_by_degree.
struct linux_3_19 : linux_before_6_16<reuse_by_degree> {};
/// Linux 3.0 to 3.18, whose chains grow without end: see no_reuse.
struct linux_3_0 : linux_before_6_16<no_reuse> {};

static_assert(merge_rule<linux_6_15> && merge_rule<linux_3_19> && merge_rule<linux_3_0>);

}  // namespace merges

}  // namespace rmap::inline RMAP_ABI
