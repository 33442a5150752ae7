// SPDX-License-Identifier: BSL-1.0
#pragma once

// settle: gives a late vma (a fork child under a topology with owns_late) the own anon_vma that it
// would have got at fork: before its first private page, and where an operation needs to name it.
// A late vma has no private page, so walks find the same before and after. Most children of a fork
// never come here. Ours; Linux gives each its own at fork.

#include <cstdint>

#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/ops/chain_guard.hpp>
#include <rmap/ops/fresh.hpp>
#include <rmap/ops/links.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::ops {

namespace detail {

/// In what fork_locked and settle_locked answer: an anon_vma.
inline constexpr std::uint32_t lacks_anon_vma = std::uint32_t{1} << 31;

/// Gets what one of them has answered. Without the guard.
template <class Map, memory_source Memory>
[[nodiscard]] [[gnu::noinline]] status get_lacking(link_reserve<Map>& reserve,
                                                   fresh_anon_vma<Map>& fresh, Memory& memory,
                                                   std::uint32_t lack) noexcept {
    const std::uint32_t capacity = lack & ~lacks_anon_vma;
    if (lack != capacity && fresh.make(memory) != status::ok) return status::no_memory;
    return capacity == 0 ? status::ok : reserve.fill_lack(memory, capacity);
}

/// Under the guard, while `v` is late: as fork_locked, with the vma where its parent left it.
template <class Map>
[[nodiscard]] std::uint32_t settle_locked(Map& map, link_reserve<Map>& reserve,
                                          fresh_anon_vma<Map>& fresh,
                                          typename Map::vma_type& v) noexcept {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    using rule = typename policy::merge;
    anon_vma<policy>& home = *Map::nearest(v);
    anon_vma<policy>* own = nullptr;
    // `v` moves into its home then, where it is no child any more. Not into a root: merges would
    // take it for one that never was a fork child's. Nor does it own what has active vmas: that may
    // be the parent's.
    if (rule::may_reuse(0, 0) && !home.is_root() && topology::any_idle(home)) {
        own = topology::oldest_that(home, [&](const auto& ancestor) noexcept {
            const std::uint32_t others = ancestor.num_children - (&ancestor == &home ? 1U : 0U);
            return ancestor.num_active_vmas == 0 && rule::may_reuse(others, 0);
        });
    }
    if (own != nullptr) {
        const std::uint32_t lack = reserve.lacks_first(home, v);
        if (lack != 0) return lack;
        idle_changed(*own, -1);
        topology::settle_at_home(map, v, reserve.links(), reserve.spent());
        policy::trace::emit(event::anon_vma_reuse, own, &v);
    } else {
        if (fresh.get() != nullptr) {
            fresh.adopt_by(home);
        } else if (topology::has_spare(home)) {
            fresh.revive(*topology::take_spare(home), home);
        } else {
            return lacks_anon_vma;
        }
        own = &fresh.keep();
        topology::settle_below(map, v, *own, reserve.spent());
    }
    home.num_children = home.num_children - 1;  // it was one
    own->num_active_vmas = own->num_active_vmas + 1;
    topology::set_own(Map::hook_of(v), own);
    return 0;
}

/// settle() of a vma that is late, or was a moment ago.
template <class Map, memory_source Memory>
[[gnu::noinline]] status settle_late(Map& map, Memory& memory, typename Map::vma_type& v) {
    using policy = typename Map::policy;
    fresh_anon_vma<Map> fresh{map};
    link_reserve<Map> reserve{map};
    if (policy::topology::fork_takes_fresh(*Map::nearest(v)) && fresh.make(memory) != status::ok) {
        return status::no_memory;
    }
    for (;;) {
        std::uint32_t lack = 0;
        {
            const auto tree =
                chain_guard<Map>(v, *Map::nearest(v), note_for<typename policy::lock>::here());
            if (!Map::late(v)) {
                policy::trace::emit(event::prepare_lost, &v);
                return status::ok;
            }
            lack = settle_locked(map, reserve, fresh, v);
        }
        if (lack == 0) return status::ok;
        if (get_lacking(reserve, fresh, memory, lack) != status::ok) return status::no_memory;
    }
}

}  // namespace detail

/// `v` is not late afterwards; ok without effect if it was not. The caller holds the address
/// space's lock (shared is enough: two faults that settle one vma exclude each other by the tree
/// lock), no tree lock and no page_table_lock. no_memory: nothing has changed.
template <class Map, memory_source Memory>
[[gnu::always_inline]] inline status settle([[maybe_unused]] Map& map,
                                            [[maybe_unused]] Memory& memory,
                                            [[maybe_unused]] typename Map::vma_type& v) {
    if constexpr (owns_late<typename Map::policy::topology>) {
        if (Map::late(v)) [[unlikely]]
            return detail::settle_late(map, memory, v);
    }
    return status::ok;
}

}  // namespace rmap::inline RMAP_ABI::ops
