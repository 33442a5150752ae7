// SPDX-License-Identifier: BSL-1.0
#pragma once

// rmap walk: from a page to every place that may map it. The visitor is a callable that takes a
// mapping_place and returns nothing, or false to stop. If it has a member `skip(vma)` that returns
// true, the vma is passed over (in Linux: invalid_vma). The walk's lock is held while the visitor
// runs: it MUST NOT call back into the map, and sleep only if the lock allows; who must sleep uses
// collect. A visitor that needs no lock says so (ops/visit.hpp).
//
// A walk is a superset (I2): a vma may be found whose entry maps another page, or none.

#include <cstddef>
#include <type_traits>

#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/model/vma.hpp>
#include <rmap/ops/glance.hpp>
#include <rmap/ops/places.hpp>
#include <rmap/ops/reference.hpp>
#include <rmap/ops/walk_file.hpp>
#include <rmap/ops/walk_ksm.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// Whether walks of the discipline may find that they have to begin again.
template <class Map>
inline constexpr bool walks_begin_again =
    looks_again<typename Map::policy::locking::template walk<typename Map::policy>,
                vma_hook<typename Map::policy>>;

/// Visits the places of offset `index` under the walk's guard. False: a vma has changed meanwhile;
/// the walk lets go and begins again from the start.
///
/// Inline up to the caller of the walk, as are the functions below on the way from an anonymous
/// page: then what a visitor counts, even by reference, stays in registers. Each visitor has its
/// own copy of them anyway.
template <class Map, class Guard, class Visitor>
[[gnu::always_inline]] inline bool visit_places(Map& map, anon_vma<typename Map::policy>& av,
                                                pgoff_t index, [[maybe_unused]] Guard& guard,
                                                Visitor& visitor, walk_result& result) {
    using policy = typename Map::policy;
    bool whole = true;
    walk_result here;  // counted where nobody else can look, so in registers
    policy::trace::emit(event::walk_begin, &av);
    policy::topology::visit(
        map, av, index, [&](const auto& place) __attribute__((always_inline)) {
            if constexpr (walks_begin_again<Map>) {
                seen_place seen{place.vma(), place.mm()};
                whole = guard.look(Map::hook_of(place.vma()),
                                   [&]() noexcept { seen.saw(place.address()); });
                return whole && hand_over(visitor, seen, here);
            } else if constexpr (locks_by_offset<typename policy::locking>) {
                return guard.outside([&] { return hand_over(visitor, place, here); });
            } else {
                return hand_over(visitor, place, here);
            }
        });
    policy::trace::emit(event::walk_end, &av);
    result.visited += here.visited;
    result.places += here.places;
    result.stopped = here.stopped;
    return whole;
}

/// Before a walk begins again.
template <class Map>
void begin_again(Map& map, const anon_vma<typename Map::policy>& av) noexcept {
    Map::policy::trace::emit(event::lookup_stale, &av);
    map.stats().retried();
    Map::policy::atomics::pause();
}

/// Visits the places of offset `index` under an anon_vma on which the caller holds a reference: for
/// a page that is not mapped any more, as a migration's second walk.
template <class Map, class Visitor>
walk_result walk_from(Map& map, anon_vma<typename Map::policy>& av, pgoff_t index,
                      Visitor&& visitor, walk_mode mode) {
    using policy = typename Map::policy;
    walk_result result;
    for (;;) {
        {
            auto guard = walk_guard(av, mode, index);
            if (!guard.owns()) {
                policy::trace::emit(event::walk_contended, &av);
                result.state = status::contended;
                return result;
            }
            const bool whole = visit_places(map, av, index, guard, visitor, result);
            if (!walks_begin_again<Map> || whole) return result;
        }
        begin_again(map, av);
    }
}

template <class Map, class Visitor>
[[gnu::always_inline]] inline walk_result walk_anon(Map& map, typename Map::page_type& page,
                                                    Visitor& visitor, walk_mode mode) {
    walk_result result;
    for (;;) {
        [[maybe_unused]] const anon_vma<typename Map::policy>* changed = nullptr;
        result.state = with_walk_guard(
            map, page,
            mode, [&](auto& av, pgoff_t index, auto& guard) __attribute__((always_inline)) {
                if (!visit_places(map, av, index, guard, visitor, result)) changed = &av;
            });
        if constexpr (!walks_begin_again<Map>) {
            return result;
        } else {
            if (changed == nullptr) return result;
            begin_again(map, *changed);
        }
    }
}

template <class Map, class Visitor>
[[gnu::always_inline]] inline walk_result walk_by_tag(Map& map, typename Map::page_type& page,
                                                      Visitor& visitor, walk_mode mode) {
    using hook_type = page_hook<typename Map::policy>;
    const auto tag = Map::hook_of(page).read();
    if constexpr (can_glance<Map> && needs_no_lock<Visitor>) {
        if (walk_result result; hook_type::kind_of(tag) == page_kind::anon &&
                                walk_without_lock(map, page, visitor, result)) {
            return result;
        }
    }
    switch (hook_type::kind_of(tag)) {
        case page_kind::anon: return walk_anon(map, page, visitor, mode);
        case page_kind::file:
            return walk_file(map, *hook_type::file(tag), Map::hook_of(page).index(), 1, visitor,
                             mode);
        case page_kind::ksm: return walk_ksm(map, *hook_type::ksm(tag), visitor, mode);
        case page_kind::untagged: break;
    }
    walk_result nothing;
    nothing.state = status::not_mapped;
    return nothing;
}

/// The walk of whatever kind of page. The caller holds the page lock, or otherwise keeps the tag
/// from being taken away; an anonymous page needs neither, only its memory. not_mapped: an untagged
/// page, or an anonymous one that nothing maps.
template <class Map, class Visitor>
[[gnu::always_inline]] inline walk_result walk(Map& map, typename Map::page_type& page,
                                               Visitor&& visitor, walk_mode mode) {
    if constexpr (is_exact<typename Map::policy::topology>) {
        return walk_places(map, page, visitor, mode);
    } else {
        return walk_by_tag(map, page, visitor, mode);
    }
}

}  // namespace rmap::inline RMAP_ABI::ops
