// SPDX-License-Identifier: BSL-1.0
#pragma once

// merges::linux_2_6_7: the rules of Linux 2.6.7 to 2.6.33, of the time of one anon_vma a family:
// one at most in a merged vma, and nobody asks who was inherited, as nobody could tell. Right for
// topologies without chains (single_list, pte_chain); over chains it has bug B09, which
// linux_2_6_34 tells.

#include <rmap/core/config.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/merges/reuse.hpp>

namespace rmap::inline RMAP_ABI {

namespace merges {

struct linux_2_6_7 : no_reuse {
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

static_assert(merge_rule<linux_2_6_7>);

}  // namespace merges

}  // namespace rmap::inline RMAP_ABI
