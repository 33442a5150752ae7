// SPDX-License-Identifier: BSL-1.0
#pragma once

// A walk without a lock: the places of a small subtree are read while nobody is kept from changing
// it, and handed to the visitor only once it is certain that nobody did. For visitors that need no
// lock (ops/visit.hpp), anonymous pages, a discipline and a topology that can (can_glance). It
// writes to nothing that threads share (but `stats`, where those count). Where a writer is at work,
// or the topology cannot tell without its lock, the walk is the one under the lock.

#include <cstdint>
#include <type_traits>

#include <rmap/core/atomics.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/core/types.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locks/concept.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/page.hpp>
#include <rmap/model/place.hpp>
#include <rmap/ops/visit.hpp>
#include <rmap/topologies/cow_glance.hpp>

namespace rmap::inline RMAP_ABI::ops {

namespace detail {

struct always {
    bool operator()() const noexcept { return true; }
};

/// Whether no writer has been there since the look began.
template <class Lock>
class unchanged {
public:
    unchanged(const Lock& lock, typename Lock::sequence seen) noexcept
        : lock_{&lock}, seen_{seen} {}
    bool operator()() const noexcept { return !lock_->changed(seen_); }

private:
    const Lock* lock_;
    typename Lock::sequence seen_;
};

}  // namespace detail

/// Whether walks of the map can be without a lock.
template <class Map>
concept can_glance = looks_past_root<typename Map::policy::locking> &&
    optimistic_lock<typename Map::policy::lock> &&
    Map::policy::lifetime::stale_pointers_are_readable &&
    requires(Map& map, const anon_vma<typename Map::policy>& av, pgoff_t index, cow_places& out,
             cow_glanced_place& place, detail::always still) {
        { Map::policy::topology::template glance_at_one<Map>(av, index, place) } noexcept;
        { Map::policy::topology::template glance<Map>(map, av, index, out, still) } noexcept;
    };

/// What became of a glance.
enum class glanced : std::uint8_t {
    not_mapped,  // as with_walk_guard says
    one_place,
    places,  // so many as there are, none too
    needs_lock
};

/// The page's places: the one in `one`, others in `out`.
///
/// As under the lock, what is sound is what is found between two moments at which nobody has
/// changed the tree: there "between lock and unlock", here between begin_read() and a changed()
/// that says no, of the lock of what was read as the root. If in between the page is mapped, and
/// still has its tag, then its anon_vma was in use, and its root this one; neither ends without a
/// writer, since its last vma must go for that. So all that was read was of this tree, at one
/// moment.
//   Orders:     begin_read() before the second look at the page, at its tag and at the root, and
//               those before changed(): by the acquires of each.
//   Pairs with: what unmappers, taggers and lifetimes release; locks/seq_rw_spin.hpp.
//   Otherwise:  T1 unmaps the page, unlinks its last vma, the memory becomes part of another tree
//               under root S | T2 looked at the page before that, reads S's member while it
//               changes, and is told that nobody wrote to the old tree since.
//   Proved by:  tests/explore/cow_glance_test.cpp, each look left out
template <class Map>
[[nodiscard]] [[gnu::always_inline]] inline glanced glance(
    Map& map, typename Map::page_type& page, cow_glanced_place& one, cow_places& out) noexcept {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    using hook_type = page_hook<policy>;
    constexpr int tries = 3;
    hook_type& hook = Map::hook_of(page);
    for (int tried = 0;;) {
        if (!Map::page_traits_type::mapped(page)) return glanced::not_mapped;
        const auto tag = hook.read();  // not before, as in with_walk_guard()
        const anon_vma<policy>* const av = hook_type::anon(tag);
        if (av == nullptr) return glanced::not_mapped;
        anon_vma<policy>* const root = av->root.load(order::acquire);  // as locking::root::walk
        const auto& lock = root->lock;
        const auto seen = lock.begin_read();
        if (!lock.is_held(seen)) [[likely]] {
            if (!Map::page_traits_type::mapped(page)) return glanced::not_mapped;
            const pgoff_t index = hook.index();
            if (hook.read() == tag && av->root.load(order::relaxed) == root) [[likely]] {
                const detail::unchanged still{lock, seen};
                if (topology::template glance_at_one<Map>(*av, index, one)) [[likely]] {
                    if (still()) [[likely]]
                        return glanced::one_place;
                } else {
                    out.count = 0;
                    const bool all = topology::template glance<Map>(map, *av, index, out, still);
                    if (still()) return all ? glanced::places : glanced::needs_lock;
                }
            }
            policy::trace::emit(event::lookup_stale, av);
            map.stats().retried();
        }
        if (++tried == tries) return glanced::needs_lock;
        policy::atomics::pause();
    }
}

/// Hands over what a glance has found, which did not need the lock.
template <class Map, class Visitor>
[[gnu::always_inline]] inline void show_glanced(typename Map::page_type& page, glanced what,
                                                const cow_glanced_place& one,
                                                const cow_places& found, Visitor& visitor,
                                                walk_result& result) {
    using policy = typename Map::policy;
    using mm_type = typename Map::mm_type;
    if (what == glanced::not_mapped) {
        result.state = status::not_mapped;
        return;
    }
    policy::trace::emit(event::walk_begin, &page);
    const auto show = [&](const cow_glanced_place& at) __attribute__((always_inline)) {
        const bare_place<mm_type> place{*static_cast<mm_type*>(at.mm), at.address};
        return hand_over(visitor, place, result);
    };
    if (what == glanced::one_place) [[likely]] {
        static_cast<void>(show(one));
    } else {
        for (std::uint32_t i = 0; i != found.count && show(found.at[i]);)
            ++i;
    }
    policy::trace::emit(event::walk_end, &page);
}

/// Whether the walk of an anonymous page took place, or found that there is nothing to walk to.
template <class Map, class Visitor>
[[nodiscard]] [[gnu::always_inline]] inline bool walk_without_lock(
    Map& map, typename Map::page_type& page, Visitor& visitor, walk_result& result) {
    cow_glanced_place one;
    cow_places found;
    const glanced what = glance(map, page, one, found);
    if (what == glanced::needs_lock) return false;
    show_glanced<Map>(page, what, one, found, visitor, result);
    return true;
}

}  // namespace rmap::inline RMAP_ABI::ops
