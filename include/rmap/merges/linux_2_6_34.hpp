// SPDX-License-Identifier: BSL-1.0
#pragma once

// merges::linux_2_6_34: the rules with which chains came into Linux (5beb49305251, March 2010), as
// they stood before the repairs of that April. Wrong, and kept for three bugs; use linux_2_6_37,
// which has the repairs.
//
// B09: a first fault shares even the anon_vma of a fork child's vma. Then two vmas have one own
// anon_vma and different chains (I5), and when they merge, the pages of the ancestors that one
// chain lacks are lost (d0e9fe1758f2). B06 and B08: kept_bugs.hpp.

#include <rmap/core/config.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/merges/kept_bugs.hpp>
#include <rmap/merges/linux_2_6_7.hpp>

namespace rmap::inline RMAP_ABI {

namespace merges {

/// The answers are those of the time before chains.
struct linux_2_6_34 : linux_2_6_7 {
    static constexpr kept_bugs bugs{.first_mapper_tags = true, .border_hands_nothing_over = true};
};

static_assert(merge_rule<linux_2_6_34>);

}  // namespace merges

}  // namespace rmap::inline RMAP_ABI
