// SPDX-License-Identifier: BSL-1.0
#pragma once

// unlink: takes a vma out of all its anon_vmas, at munmap, exit, or when another vma has swallowed
// it. It frees what nobody needs any more, and cannot fail.

#include <rmap/core/check.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/ops/chain_guard.hpp>
#include <rmap/ops/links.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// Under the update guard of the vma's tree; links go to reserve.spent(). `nearest`: Map::nearest
/// of the vma, which is linked.
template <class Map>
[[gnu::always_inline]] inline void unlink_locked(Map& map, link_reserve<Map>& reserve,
                                                 typename Map::vma_type& v,
                                                 anon_vma<typename Map::policy>& nearest) noexcept {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    RMAP_CHECK_HELD(policy, policy::locking::template may_update<policy>(nearest),
                    tree_lock_not_held, "a vma is unlinked without its tree's lock");
    const relink_guard<policy> links{Map::hook_of(v)};
    bool idles = false;  // and is not among those that are counted
    const bool late = Map::late(v);
    if (late) {
        nearest.num_children = nearest.num_children - 1;
    } else {
        nearest.num_active_vmas = nearest.num_active_vmas - 1;
        idles = nearest.num_active_vmas == 0;
    }
    const auto emptied = [&](auto& empty) __attribute__((always_inline)) {
        empty.parent->num_children = empty.parent->num_children - 1;
        if (idles && &empty == &nearest) [[likely]] {
            idles = false;
        } else {
            idle_changed(empty, -1);
        }
        RMAP_CHECK(policy, empty.num_children == 0 && empty.num_active_vmas == 0, counts_left,
                   "an anon_vma without vmas has children or active vmas");
        reserve.emptied(empty);
    };
    if (!late) {
        topology::detach(
            map, v,
            reserve.spent(), [&](auto& empty) __attribute__((always_inline)) { emptied(empty); });
    } else if constexpr (owns_late<topology>) {
        topology::detach_late(map, v, nearest, reserve.spent(), emptied);
    }
    topology::set_own(Map::hook_of(v), static_cast<anon_vma<policy>*>(nullptr));
    if (idles) idle_changed(nearest, +1);
    policy::trace::emit(event::unlink, &v);
}

/// The vma is unfaulted afterwards. Its page-table entries MUST be gone before, as pages that stay
/// mapped lose their anon_vma (I3). The caller holds the address space's lock, no lock further in.
template <class Map>
void unlink(Map& map, typename Map::vma_type& v) noexcept {
    using policy = typename Map::policy;
    auto* const nearest = Map::nearest(v);
    if (nearest == nullptr) return;
    link_reserve<Map> reserve{map};
    const auto tree = chain_guard<Map>(v, *nearest, note_for<typename policy::lock>::here());
    unlink_locked(map, reserve, v, *nearest);
}

}  // namespace rmap::inline RMAP_ABI::ops
