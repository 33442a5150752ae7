// SPDX-License-Identifier: BSL-1.0
#pragma once

// How operations ask the discipline for its update guard: for all that a vma is linked to, or for
// the first link of a vma.

#include <type_traits>

#include <rmap/core/config.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locks/note.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/ops/facts.hpp>

namespace rmap::inline RMAP_ABI::ops {

template <class Map>
using update_guard = typename Map::policy::locking::template update<typename Map::policy>;

namespace detail {

/// A discipline of the user's need not take notes.
template <class Guard, class Policy>
Guard guard_of(anon_vma<Policy>& member, note_for<typename Policy::lock> note) noexcept {
    if constexpr (std::is_constructible_v<Guard, anon_vma<Policy>&, decltype(note)>) {
        return Guard{member, note};
    } else {
        return Guard{member};
    }
}

}  // namespace detail

/// Guards all that `v`, whose own (or nearest) anon_vma is `own`, is linked to, while it and others
/// that it shares that with have the ranges they have and get those of `also`; empty ones do not
/// count. The caller holds the address space's lock.
template <class Map, class... Spans>
[[nodiscard]] update_guard<Map> chain_guard(
    [[maybe_unused]] typename Map::vma_type& v,
    [[maybe_unused]] anon_vma<typename Map::policy>& own,
    note_for<typename Map::policy::lock> note, [[maybe_unused]] const Spans&... also) noexcept {
    using locking = typename Map::policy::locking;
    if constexpr (locks_whole_chains<locking>) {
        return update_guard<Map>{Map::hook_of(v), Map::anon_vma_chain_lock(v), note};
    } else if constexpr (locks_by_offset<locking>) {
        const span now = span_of<Map>(v);
        offsets all{now.pgoff, now.pgoff + (now.pages - 1)};
        const auto reach = [&](const span& further) noexcept {
            if (further.pages == 0) return;
            const pgoff_t last = further.pgoff + (further.pages - 1);
            if (further.pgoff < all.first) all.first = further.pgoff;
            if (last > all.last) all.last = last;
        };
        (reach(also), ...);
        return update_guard<Map>{own, all, note};
    } else {
        return detail::guard_of<update_guard<Map>>(own, note);
    }
}

/// The same for a vma that may be unfaulted; then it holds nothing.
template <class Map, class... Spans>
[[nodiscard]] update_guard<Map> chain_guard(typename Map::vma_type& v,
                                            note_for<typename Map::policy::lock> note,
                                            const Spans&... also) noexcept {
    auto* const nearest = Map::nearest(v);
    if (nearest == nullptr) return update_guard<Map>{};
    return chain_guard<Map>(v, *nearest, note, also...);
}
template <class Map>
[[nodiscard]] update_guard<Map> chain_guard(typename Map::vma_type& v) noexcept {
    return chain_guard<Map>(v, note_for<typename Map::policy::lock>::here());
}

/// Guards the first link of `v`, which is to lead to `av`.
template <class Map>
[[nodiscard]] update_guard<Map> first_link_guard(
    [[maybe_unused]] typename Map::vma_type& v, anon_vma<typename Map::policy>& av,
    note_for<typename Map::policy::lock> note =
        note_for<typename Map::policy::lock>::here()) noexcept {
    using locking = typename Map::policy::locking;
    if constexpr (locks_whole_chains<locking>) {
        return update_guard<Map>{av, Map::anon_vma_chain_lock(v), note};
    } else if constexpr (locks_by_offset<locking>) {
        const span now = span_of<Map>(v);
        return update_guard<Map>{av, offsets{now.pgoff, now.pgoff + (now.pages - 1)}, first_link{},
                                 note};
    } else {
        return detail::guard_of<update_guard<Map>>(av, note);
    }
}

}  // namespace rmap::inline RMAP_ABI::ops
