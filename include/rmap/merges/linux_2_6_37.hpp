// SPDX-License-Identifier: BSL-1.0
#pragma once

// merges::linux_2_6_37: one anon_vma at most in a merged vma, whoever of the two has it, fork child
// or not (Linux to 2.6.39); a first fault shares only with a vma that was not inherited
// (d0e9fe1758f2). A family's vmas spread under one root so; 965f55dea0e3 (3.0) stopped that.

#include <rmap/core/config.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/merges/linux_2_6_7.hpp>

namespace rmap::inline RMAP_ABI {

namespace merges {

/// What merges is as it was before chains.
struct linux_2_6_37 : linux_2_6_7 {
    static constexpr bool asks_inherited = true;

    static constexpr bool may_share(merge_side neighbour) noexcept {
        return neighbour.faulted() && !neighbour.inherited;
    }
};

static_assert(merge_rule<linux_2_6_37>);

}  // namespace merges

}  // namespace rmap::inline RMAP_ABI
