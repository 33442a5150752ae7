// SPDX-License-Identifier: BSL-1.0
#pragma once

// What merge rules have in common when a process forks: may the child take over an ancestor's
// anon_vma, instead of one more? Without, the chain of "fork, the parent exits, fork, ..." grows by
// one link a generation, for ever (Linux 7a3ef208e662). Never the forking vma's own: ops/fork.hpp
// sees to that.

#include <cstdint>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::merges {

/// Before Linux 3.19: never.
struct no_reuse {
    static constexpr bool may_reuse(std::uint32_t, std::uint32_t) noexcept { return false; }
};

/// Linux 3.19 to 5.19: one counter of children and vmas together, the degree. Wrong: an anon_vma
/// without children that was taken over once counts one vma, which looks like one child; it is
/// taken over again, in another line of the family, and two vmas with one own anon_vma have
/// different chains (I5; CVE-2022-42703).
struct reuse_by_degree {
    static constexpr bool may_reuse(std::uint32_t num_children,
                                    std::uint32_t num_active_vmas) noexcept {
        return num_children + num_active_vmas < 2;
    }
};

/// Linux since 6.0 (2555283eb40d): nobody's own, and at most one child.
struct reuse_by_two_counters {
    static constexpr bool may_reuse(std::uint32_t num_children,
                                    std::uint32_t num_active_vmas) noexcept {
        return num_children < 2 && num_active_vmas == 0;
    }
};

}  // namespace rmap::inline RMAP_ABI::merges
