// SPDX-License-Identifier: BSL-1.0
#pragma once

// fork: links a child process's vma to all that its parent's is linked to, and gives it an anon_vma
// of its own for the pages that it will not share (at once, or late: ops/settle.hpp): a fresh one,
// or an ancestor's that nobody owns any more ("reuse", which keeps the chain of fork, exit, fork,
// exit, ... bounded; Linux 7a3ef208e662).

#include <cstdint>

#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/ops/chain_guard.hpp>
#include <rmap/ops/fresh.hpp>
#include <rmap/ops/links.hpp>
#include <rmap/ops/settle.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::ops {

namespace detail {

template <class Map>
[[nodiscard]] bool may_reuse(Map&, const anon_vma<typename Map::policy>& ancestor) noexcept {
    return Map::policy::merge::may_reuse(ancestor.num_children, ancestor.num_active_vmas);
}

/// Under the guards: what a fork without an anon_vma lacks for want of one that waits.
template <class Map>
[[nodiscard]] [[gnu::noinline]] std::uint32_t lacks_spare(
    anon_vma<typename Map::policy>& parents_own) noexcept {
    using topology = typename Map::policy::topology;
    if (topology::has_spare(parents_own)) return 0;
    topology::was_lacking(parents_own);
    return lacks_anon_vma;
}

/// Under the guards, where the topology says owns_late: the child is found by its parent's
/// anon_vma, and gets none. Returns what it lacks, the capacity of a block; then nothing has
/// changed.
template <class Map>
    requires owns_late<typename Map::policy::topology>
[[nodiscard]] [[gnu::always_inline]] inline std::uint32_t fork_locked(
    Map& map, link_reserve<Map>& reserve, fresh_anon_vma<Map>&, typename Map::vma_type& child,
    typename Map::vma_type& parent) noexcept {
    using policy = typename Map::policy;
    const std::uint32_t lack = reserve.lacks_fork(parent, false);
    if (lack != 0) return lack;
    auto& home = policy::topology::attach_late(map, child, parent, reserve.links());
    home.num_children = home.num_children + 1;
    policy::trace::emit(event::fork, &child, &parent);
    return 0;
}

/// Under the guards. Returns what it lacks: an anon_vma, and the capacity of a block; then nothing
/// has changed.
template <class Map>
[[nodiscard]] [[gnu::always_inline]] inline std::uint32_t fork_locked(
    Map& map, link_reserve<Map>& reserve, fresh_anon_vma<Map>& fresh, typename Map::vma_type& child,
    typename Map::vma_type& parent) noexcept {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    anon_vma<policy>& parents_own = *Map::own(parent);
    anon_vma<policy>* own = nullptr;
    bool reused = false;
    if constexpr (keeps_blocks<topology>) {
        // Rules that take none with active vmas need look at none where there is no such one.
        using rule = typename policy::merge;
        constexpr bool only_idle = !rule::may_reuse(0, 1) && !rule::may_reuse(1, 1);
        if (rule::may_reuse(0, 0) && (!only_idle || topology::any_idle(parents_own))) {
            own = topology::template reusable<Map>(parent, [&](const auto& ancestor) noexcept {
                return &ancestor != &parents_own && may_reuse(map, ancestor);
            });
        }
        reused = own != nullptr;
        if (reused) [[unlikely]] {
            const std::uint32_t lack = reserve.lacks_fork(parent, true);
            if (lack != 0) return lack;
            if (own->num_active_vmas == 0) idle_changed(*own, -1);
            topology::copy_chain(map, child, parent, reserve.links(), [](auto&) noexcept {});
        } else {
            const std::uint32_t lack = reserve.lacks_fork(parent, false);
            if (fresh.get() != nullptr) {
                if (lack != 0) return lack;
                fresh.adopt_by(parents_own);
            } else {
                auto* const spare = lack == 0 ? topology::take_spare(parents_own) : nullptr;
                if (spare == nullptr) return lack | lacks_spare<Map>(parents_own);
                fresh.revive(*spare, parents_own);
            }
            own = &fresh.keep();
            topology::attach_child(map, child, parent, *own, reserve.links());
        }
    } else {
        if constexpr (one_a_family<topology>) own = &parents_own;
        topology::copy_chain(map, child, parent, reserve.links(), [&](auto& ancestor) noexcept {
            if (own == nullptr && &ancestor != &parents_own && may_reuse(map, ancestor)) {
                own = &ancestor;
                reused = true;
            }
        });
        if constexpr (!one_a_family<topology>) {
            if (own == nullptr) {
                fresh.adopt_by(parents_own);
                own = &fresh.keep();
                topology::attach(map, child, *own, reserve.links());
            }
        }
    }
    if (reused) policy::trace::emit(event::anon_vma_reuse, own, &child);
    own->num_active_vmas = own->num_active_vmas + 1;
    topology::set_own(Map::hook_of(child), own);
    policy::trace::emit(event::fork, &child, &parent);
    return 0;
}

}  // namespace detail

/// `child` has its range (the parent's) and is not linked. The caller holds the parent's address
/// space lock exclusively, and the child's or alone knows it. ok without effect if the parent is
/// unfaulted. no_memory: nothing changed, but that the parent may have been settled.
///
/// Where the topology says owns_late the child is late; whoever is one is settled before it forks:
/// of two children of one parent nobody can say which comes first in a walk.
///
/// Page-table entries MUST be copied after this call and before the parent's lock is dropped: then
/// a walk meets the parent's entry or both, never the child's alone, since the child's vma comes
/// after the parent's in every walk order.
template <class Map, memory_source Memory>
status fork(Map& map, Memory& memory, typename Map::vma_type& child,
            typename Map::vma_type& parent) {
    using policy = typename Map::policy;
    if (settle(map, memory, parent) != status::ok) return status::no_memory;
    auto* const parents_own = Map::own(parent);
    if (parents_own == nullptr) return status::ok;
    RMAP_CHECK(policy, !Map::linked(child), double_link, "a fork child's vma is linked already");

    constexpr bool shares = one_a_family<typename policy::topology>;
    fresh_anon_vma<Map> fresh{map};
    link_reserve<Map> reserve{map};
    if (reserve.fill_fork(memory, parent) != status::ok) return status::no_memory;
    constexpr bool asks = keeps_blocks<typename policy::topology>;
    constexpr bool late = owns_late<typename policy::topology>;
    bool makes = !shares && !late;
    if constexpr (asks && !late) makes = policy::topology::fork_takes_fresh(*parents_own);
    if (makes && fresh.make(memory) != status::ok) return status::no_memory;

    for (;;) {
        std::uint32_t lack = 0;
        {
            const auto tree =
                chain_guard<Map>(parent, *parents_own, note_for<typename policy::lock>::here());
            const relink_guard<policy> links{Map::hook_of(parent)};
            lack = detail::fork_locked(map, reserve, fresh, child, parent);
        }
        if (lack == 0) [[likely]]
            return status::ok;
        if (detail::get_lacking(reserve, fresh, memory, lack) != status::ok) {
            return status::no_memory;
        }
    }
}

}  // namespace rmap::inline RMAP_ABI::ops
