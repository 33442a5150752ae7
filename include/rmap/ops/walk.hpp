// SPDX-License-Identifier: BSL-1.0
#pragma once

// rmap walk: from a page to every place that may map it. The visitor is a callable that takes a
// mapping_place and returns nothing, or false to stop. If it has a member `skip(vma)` that returns
// true, the vma is passed over (in Linux: invalid_vma). The walk's lock is held while the visitor
// runs: it MUST NOT call back into the map, and sleep only if the lock allows; who must sleep uses
// collect.
//
// A walk is a superset (I2): a vma may be found whose entry maps another page, or none.

#include <cstddef>
#include <type_traits>

#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/ops/reference.hpp>
#include <rmap/ops/walk_file.hpp>
#include <rmap/ops/walk_ksm.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// Visits the places of offset `index` under an anon_vma on which the caller holds a reference: for
/// a page that is not mapped any more, as a migration's second walk.
template <class Map, class Visitor>
walk_result walk_from(Map& map, anon_vma<typename Map::policy>& av, pgoff_t index,
                      Visitor&& visitor, walk_mode mode) {
    using policy = typename Map::policy;
    walk_result result;
    const typename policy::locking::template walk<policy> guard{av, mode};
    if (!guard.owns()) {
        policy::trace::emit(event::walk_contended, &av);
        result.state = status::contended;
        return result;
    }
    policy::trace::emit(event::walk_begin, &av);
    policy::topology::visit(map, av, index, [&](const auto& place) {
        return hand_over(visitor, place, result);
    });
    policy::trace::emit(event::walk_end, &av);
    return result;
}

template <class Map, class Visitor>
walk_result walk_anon(Map& map, typename Map::page_type& page, Visitor& visitor, walk_mode mode) {
    using policy = typename Map::policy;
    walk_result result;
    result.state = with_anon_vma(map, page, mode, [&](auto& av, pgoff_t index) {
        policy::trace::emit(event::walk_begin, &av);
        policy::topology::visit(map, av, index, [&](const auto& place) {
            return hand_over(visitor, place, result);
        });
        policy::trace::emit(event::walk_end, &av);
    });
    return result;
}

/// The walk of whatever kind of page. The caller holds the page lock, or otherwise keeps the tag
/// from being taken away; an anonymous page needs neither, only its memory. not_mapped: an untagged
/// page, or an anonymous one that nothing maps.
template <class Map, class Visitor>
walk_result walk(Map& map, typename Map::page_type& page, Visitor&& visitor, walk_mode mode) {
    using hook_type = page_hook<typename Map::policy>;
    const auto tag = Map::hook_of(page).read();
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

}  // namespace rmap::inline RMAP_ABI::ops
