// SPDX-License-Identifier: BSL-1.0
#pragma once

// merges::linux_6_16: Linux 6.16 to 6.18, as it came out. Faulted memory joins unfaulted memory
// since then (879bca0a2c4f); but memory that mremap moves beside an unfaulted vma handed its chain
// over only if a vma went by that. Wrong, and kept for that bug (B28, kept_bugs.hpp). Use
// linux_6_18, which has the repair (61f67c230a5e), as the kernel had that was recorded.

#include <rmap/core/config.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/merges/kept_bugs.hpp>
#include <rmap/merges/linux_6_18.hpp>

namespace rmap::inline RMAP_ABI {

namespace merges {

struct linux_6_16 : linux_6_18 {
    static constexpr bool is_reference = false;
    static constexpr kept_bugs bugs{.move_hands_nothing_over = true};
};

static_assert(merge_rule<linux_6_16> && keeps_no_bug<linux_6_18>);

}  // namespace merges

}  // namespace rmap::inline RMAP_ABI
