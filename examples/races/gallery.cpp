// SPDX-License-Identifier: BSL-1.0

// The gallery's entries, in the order in which they are shown: that of the mails,
// and beside each what is like it.

#include "gallery.hpp"

namespace races {

std::span<const race* const> all() noexcept {
    static constexpr const race* entries[] = {
        &fresh_anon_vma,    &double_prepare, &adjust_vs_walk,   &seq_retry,
        &expand_downwards,  &lock_inversion, &list_head_insert, &exec_temporary_stack,
        &stale_root_unlock, &mremap_order,   &mremap_back,      &munlock_isolate,
        &wrong_order,       &drain_order,    &explicit_mlock,   &degree_counter,
    };
    return entries;
}

}  // namespace races
