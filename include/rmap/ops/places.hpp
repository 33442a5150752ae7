// SPDX-License-Identifier: BSL-1.0
#pragma once

// places: under an exact topology the map is told of every page-table entry, and a walk starts at
// the page itself. Who has such a topology does so in these ways; under others all of it is void,
// and costs nothing.
//
//   add_place      around the moment at which an entry is set: memory first, then the page's lock,
//                  under it the entry and the place, so that a walk meets both or neither
//   remove_place   after an entry was cleared, when its lock is dropped
//   move_place     around the moment at which an entry moves to another address of its space
//   take_places    around the moment at which another page takes over all entries (migration)
//
// The page's lock is outside of the locks of entries, as every lock of a walk is
// (locking/order.hpp).

#include <cstddef>

#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/core/types.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/model/page.hpp>
#include <rmap/model/place.hpp>
#include <rmap/model/vma.hpp>
#include <rmap/ops/links.hpp>
#include <rmap/ops/visit.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::ops {

namespace detail {

template <class Map>
using chain_guard_of =
    typename Map::policy::topology::template page_slot<typename Map::policy>::guard;

template <class Map>
[[nodiscard]] auto& places_of(typename Map::page_type& page) noexcept {
    static_assert(alignof(typename Map::mm_type) >= 4,
                  "rmap: under an exact topology an address space must be aligned to 4 bytes");
    return Map::hook_of(page).places;
}

}  // namespace detail

/// Calls set(), which sets the entry of `in` at `address` to map the page, if it still may, and
/// says whether it did; and adds the place if so. `out` is whether it did. The caller holds a
/// reference on the page, or keeps it otherwise, and no lock of an entry. no_memory: set() was not
/// called.
template <class Map, memory_source Memory, class Set>
status add_place(Map& map, Memory& memory, typename Map::page_type& page, typename Map::mm_type& in,
                 pgno address, bool& out, Set set) {
    if constexpr (is_exact<typename Map::policy::topology>) {
        link_reserve<Map> reserve{map};
        for (;;) {
            {
                detail::chain_guard_of<Map> held{detail::places_of<Map>(page)};
                if (!held.lacks_chunk() || !reserve.links().empty()) {
                    out = set();
                    if (out) held.add(&in, address, reserve.links());
                    return status::ok;
                }
            }
            if (reserve.fill(memory, 1) != status::ok) return status::no_memory;
        }
    } else {
        out = set();
        return status::ok;
    }
}

/// The first place of a page that nobody else knows; its entry is set next. Takes no memory and
/// waits for nobody, so that locks of entries may be held.
template <class Map>
void add_first_place(Map& map, typename Map::page_type& page, typename Map::mm_type& in,
                     pgno address) noexcept {
    if constexpr (is_exact<typename Map::policy::topology>) {
        link_reserve<Map> reserve{map};
        detail::chain_guard_of<Map> held{detail::places_of<Map>(page)};
        RMAP_CHECK(typename Map::policy, !held.lacks_chunk(), double_link,
                   "the first place of a page is not its first");
        held.add(&in, address, reserve.links());
    }
}

/// The entry is cleared. If it was a marker of a migration under way, the place may be gone
/// already. The caller keeps the page, holds no lock of an entry, and MUST NOT let the address
/// space go before.
template <class Map>
void remove_place(Map& map, typename Map::page_type& page, const typename Map::mm_type& in,
                  pgno address) noexcept {
    if constexpr (is_exact<typename Map::policy::topology>) {
        link_reserve<Map> reserve{map};
        detail::chain_guard_of<Map> held{detail::places_of<Map>(page)};
        static_cast<void>(held.remove(&in, address, reserve.spent()));
    }
}

/// Calls move(), which moves the entry from one address to the other if it is still there, and says
/// whether it did. The caller keeps the page, and holds no lock of an entry.
template <class Map, class Move>
bool move_place(typename Map::page_type& page, typename Map::mm_type& in, pgno from, pgno to,
                Move move) {
    if constexpr (is_exact<typename Map::policy::topology>) {
        detail::chain_guard_of<Map> held{detail::places_of<Map>(page)};
        if (!move()) return false;
        const bool there = held.rename(&in, from, to);
        RMAP_CHECK(typename Map::policy, there, not_linked,
                   "an entry moves of which the map was not told");
        static_cast<void>(there);
        return true;
    } else {
        return move();
    }
}

/// A place out of a page's own chain. Good while the walk holds the page's lock, which keeps the
/// address space: who ends it takes its places away first.
template <class Map>
class exact_place {
    using mm_type = typename Map::mm_type;

public:
    exact_place(mm_type& mm, pgno address, bool& goes) noexcept
        : mm_{&mm}, address_{address}, goes_{&goes} {}

    [[nodiscard]] mm_type& mm() const noexcept { return *mm_; }
    [[nodiscard]] pgno address() const noexcept { return address_; }
    /// Looked up by the user's find_vma: only for who keeps the space's vmas where they are.
    [[nodiscard]] typename Map::vma_type& vma() const noexcept {
        return *mm_traits<mm_type>::find_vma(*mm_, address_);
    }
    /// The visitor has cleared the entry, or found that it maps the page no more and that nobody
    /// else will say so.
    void gone() const noexcept { *goes_ = true; }

private:
    mm_type* mm_;
    pgno address_;
    bool* goes_;
};

/// Of a visitor, about its place: see exact_place::gone. Void for other places, whose topology does
/// not ask.
template <class Place>
void place_gone([[maybe_unused]] const Place& place) noexcept {
    if constexpr (requires { place.gone(); }) place.gone();
}

/// `to`, which nobody maps yet, gets all places of `from` but those that the visitor calls gone.
/// The visitor is called for each, and makes its entry one of `to`; both pages' locks are held
/// meanwhile, so that whoever clears such an entry, of the one page or the other, finds the place
/// afterwards where it is. The caller keeps both pages.
template <class Map, class Visitor>
void take_places(Map& map, typename Map::page_type& to, typename Map::page_type& from,
                 Visitor&& visitor) {
    link_reserve<Map> reserve{map};
    walk_result ignored;
    detail::chain_guard_of<Map> source{detail::places_of<Map>(from)};
    detail::chain_guard_of<Map> target{detail::places_of<Map>(to)};
    source.for_each(reserve.spent(), [&](void* mm, pgno address, bool& goes) {
        return hand_over(visitor,
                         exact_place<Map>{*static_cast<typename Map::mm_type*>(mm), address, goes},
                         ignored);
    });
    target.take_over(source);
}

/// The walk of a page under an exact topology, of whatever kind. Needs no lock of the caller's but
/// what keeps the page's memory. not_mapped: no place.
template <class Map, class Visitor>
walk_result walk_places(Map& map, typename Map::page_type& page, Visitor& visitor, walk_mode mode) {
    using policy = typename Map::policy;
    walk_result result;
    auto& places = detail::places_of<Map>(page);
    if (places.empty()) {
        result.state = status::not_mapped;
        return result;
    }
    link_reserve<Map> reserve{map};
    detail::chain_guard_of<Map> held{places, mode == walk_mode::wait};
    if (!held.owns()) {
        policy::trace::emit(event::walk_contended, &page);
        result.state = status::contended;
        return result;
    }
    policy::trace::emit(event::walk_begin, &page);
    held.for_each(reserve.spent(), [&](void* mm, pgno address, bool& goes) {
        return hand_over(visitor,
                         exact_place<Map>{*static_cast<typename Map::mm_type*>(mm), address, goes},
                         result);
    });
    policy::trace::emit(event::walk_end, &page);
    if (result.visited == 0) result.state = status::not_mapped;
    return result;
}

}  // namespace rmap::inline RMAP_ABI::ops
