// SPDX-License-Identifier: BSL-1.0
#pragma once

// Bugs that an old kernel had not in an answer of its merge rule, but in what it did once the rule
// had answered. They are kept so that traces can show them (tests/replay/old_kernels); not for use:
// under a rule that keeps one, pages that are mapped are not found. A rule names those that its
// kernel had,
//
//     static constexpr kept_bugs bugs{.border_hands_nothing_over = true};
//
// and one that names none has none. What a policy does not keep costs it nothing.

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::merges {

struct kept_bugs {
    // B06: an anonymous page whose entries had all gone and come back (from swap, or from the
    // markers of a migration) leads to the own anon_vma of whoever maps it first again, even if
    // others will map it that are no descendants of that one (before ea90002b0fa7, 2.6.34-rc).
    bool first_mapper_tags = false;
    // B08: when a border moves between a faulted vma and an unfaulted one that grows over a part of
    // it, that one gets no chain (before 287d97ac0321, 2.6.34-rc).
    bool border_hands_nothing_over = false;
    // B28: when memory is moved beside an unfaulted vma and becomes part of it, that one gets no
    // chain (from 879bca0a2c4f, 6.16, to 61f67c230a5e, 6.19-rc).
    bool move_hands_nothing_over = false;
};

/// The bugs that a merge rule keeps.
template <class Rule>
[[nodiscard]] constexpr kept_bugs bugs_of() noexcept {
    if constexpr (requires { kept_bugs{Rule::bugs}; }) {
        return Rule::bugs;
    } else {
        return {};
    }
}

/// Whether the rule can be used for more than showing a bug of what is done with its answers.
template <class Rule>
inline constexpr bool keeps_no_bug =
    !bugs_of<Rule>().first_mapper_tags && !bugs_of<Rule>().border_hands_nothing_over &&
    !bugs_of<Rule>().move_hands_nothing_over;

}  // namespace rmap::inline RMAP_ABI::merges
