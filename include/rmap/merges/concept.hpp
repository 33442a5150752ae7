// SPDX-License-Identifier: BSL-1.0
#pragma once

// The merge axis: who may share an anon_vma. Three questions, asked with facts only, so that a rule
// can be tested as a table: may prepare take over a neighbour's anon_vma, may two touching ranges
// become one vma, may a fork child take over an ancestor's anon_vma?
//
//   never         nothing is shared: the shortest rule, and the baseline of comparisons
//   adjacent      what was split heals, and nothing else
//   linux_2_6_7   one anon_vma at most in a merged vma; for one anon_vma a family
//   linux_2_6_34  as chains came in, with the bugs of that March
//   linux_2_6_37  one anon_vma at most in a merged vma, fork child or not
//   linux_6_15    fork children stay apart, by a test of the wrong side; linux_3_0 and linux_3_19
//                 are the same with other reuse rules
//   linux_6_16    as the last came out, with a bug of mremap
//   linux_6_18    what Linux 6.18 does
//
// kept_bugs.hpp: what else a kernel did wrong with the answers.

#include <concepts>
#include <cstdint>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

/// What a merge rule is told of one side of a border.
struct merge_side {
    const void* own = nullptr;  // the own anon_vma; null: unfaulted
    bool inherited = false;     // faulted, and linked to more than one anon_vma: a fork child

    [[nodiscard]] constexpr bool faulted() const noexcept { return own != nullptr; }
};

/// A merge rule. All functions are constexpr, static and noexcept. One that never looks at
/// merge_side::inherited says `asks_inherited = false`, and then goes with topologies that cannot
/// tell.
template <class M>
concept merge_rule = requires(merge_side a, merge_side b, std::uint32_t n) {
    // Whether the rule is the reference: what it does was compared with a running kernel.
    { M::is_reference } -> std::convertible_to<bool>;
    // May a first fault take over the anon_vma of this touching neighbour?
    { M::may_share(a) } noexcept -> std::same_as<bool>;
    // May a range and the vma that it touches, of equal attributes and linear offsets, become one?
    // The vma is named first, the range second: some rules ask more of one than of the other.
    { M::may_merge(a, b) } noexcept -> std::same_as<bool>;
    // May vmas that stand to the left and right of a range both merge with it, hence with each
    // other?
    { M::may_bridge(a, b) } noexcept -> std::same_as<bool>;
    // May a fork child take over an ancestor's anon_vma with that many children and active vmas?
    { M::may_reuse(n, n) } noexcept -> std::same_as<bool>;
};

}  // namespace rmap::inline RMAP_ABI
