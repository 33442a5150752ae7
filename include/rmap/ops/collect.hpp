// SPDX-License-Identifier: BSL-1.0
#pragma once

// The walk in two phases, for visitors that must sleep: collect the places under the walk's lock,
// drop it, take the locks that the action needs, and confirm that these still are all places.
//
//     for (;;) {
//         const auto found = map.collect(page, places, room, keep_and_pin);
//         lock the address spaces of the found.count places, in some order;
//         if (map.confirm(page, places, found.count, keep) == status::ok) break;  // all of them
//         unlock and unpin them;
//     }

#include <cstddef>
#include <type_traits>

#include <rmap/core/status.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/model/place.hpp>
#include <rmap/ops/walk.hpp>

namespace rmap::inline RMAP_ABI::ops {

struct [[nodiscard]] collect_result {
    status state = status::ok;
    std::size_t count = 0;  // places written to the buffer
};

/// Writes the places for which keep(place) returns true into `out`, in walk order. `keep` runs
/// under the walk's lock: there it looks at the page-table entry, and pins the address space if
/// that could go. limit: the buffer was full before the walk was at its end (whether a place that
/// `keep` accepts was left is not asked, as nothing could hold its pin); what was kept is in the
/// buffer. Others: as walk.
template <class Map, class Mm, class Keep>
collect_result collect(Map& map, typename Map::page_type& page, kept_place<Mm>* out,
                       std::size_t room, Keep keep, walk_mode mode) {
    collect_result result;
    bool full = false;
    const walk_result walked = walk(
        map, page,
        [&](const auto& place) {
            static_assert(std::is_convertible_v<decltype(keep(place)), bool>,
                          "rmap: keep(place), which collect and confirm ask, must return bool: "
                          "whether the page is mapped there");
            if (result.count == room) {
                full = true;
                return false;
            }
            if (keep(place)) out[result.count++] = {&place.mm(), place.address()};
            return true;
        },
        mode);
    result.state = full ? status::limit : walked.state;
    return result;
}

/// ok: `keep` accepts the same places now, in the same order. stale: there is another one, or one
/// is gone (or the order changed, which the caller treats alike). `keep` MUST NOT pin here.
template <class Map, class Mm, class Keep>
status confirm(Map& map, typename Map::page_type& page, const kept_place<Mm>* kept,
               std::size_t count, Keep keep, walk_mode mode) {
    std::size_t seen = 0;
    bool differs = false;
    const walk_result walked = walk(
        map, page,
        [&](const auto& place) {
            static_assert(std::is_convertible_v<decltype(keep(place)), bool>,
                          "rmap: keep(place), which collect and confirm ask, must return bool: "
                          "whether the page is mapped there");
            if (!keep(place)) return true;
            differs = seen == count || kept[seen] != kept_place<Mm>{&place.mm(), place.address()};
            ++seen;
            return !differs;
        },
        mode);
    if (walked.state == status::not_mapped) return count == 0 ? status::ok : status::stale;
    if (walked.state != status::ok) return walked.state;
    return differs || seen != count ? status::stale : status::ok;
}

}  // namespace rmap::inline RMAP_ABI::ops
