// SPDX-License-Identifier: BSL-1.0
#pragma once

// adjust: changes the range of a vma, and with it its place under every anon_vma and in its file:
// out of the trees, change, back into the trees, all under the locks that a walk takes (I9). A walk
// that read start and pgoff of different moments would compute a wrong address (Linux bug B10 of
// 2010, seeds 002 and 003).

#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/model/vma.hpp>
#include <rmap/ops/facts.hpp>
#include <rmap/ops/file.hpp>
#include <rmap/ops/prepare.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// Whether only the vma's end moves, and up, under a topology that does not look at it: then all
/// that a walk reads stays true meanwhile, and no chain lock is needed (seed 002, of
/// expand_upwards; Linux 252c5f94d944). Not for an end that moves down: the walk's lock is what
/// keeps a visitor out of the part that goes.
template <class Map>
[[nodiscard]] bool only_grows_up([[maybe_unused]] const typename Map::vma_type& v,
                                 [[maybe_unused]] const span& to) noexcept {
    if constexpr (!Map::policy::topology::end_is_key &&
                  can_grow_beside_walks<typename Map::vma_type>) {
        const span now = span_of<Map>(v);
        return to.start == now.start && to.pgoff == now.pgoff && to.pages >= now.pages;
    } else {
        return false;
    }
}

namespace detail {

template <class Map>
void set_range(typename Map::vma_type& v, const span& to) noexcept {
    if constexpr (can_grow_beside_walks<typename Map::vma_type>) {
        if (only_grows_up<Map>(v, to)) return Map::vma_traits_type::set_pages(v, to.pages);
    }
    Map::vma_traits_type::set_range(v, to.start, to.pages, to.pgoff);
}

/// Under the file's lock, if any.
template <class Map>
void set_range_in_file(typename Map::vma_type& v, const span& to) noexcept {
    unlink_file_locked<Map>(v);
    set_range<Map>(v, to);
    link_file_locked<Map>(v);
}

}  // namespace detail

/// Under range_locks of the vma; of the file's lock alone, if it only grows up.
template <class Map>
void adjust_locked(Map& map, typename Map::vma_type& v, const span& to) noexcept {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    const bool faulted = Map::linked(v);
    const bool moves_links = faulted && !only_grows_up<Map>(v, to);
    // A page's index is fixed at its first mapping; the vma must go on mapping it where it did
    // (I8).
    RMAP_CHECK(policy,
               !faulted || to.start - to.pgoff == span_of<Map>(v).start - span_of<Map>(v).pgoff,
               index_moved, "a faulted vma's pages would change their offsets");
    RMAP_CHECK_HELD(policy,
                    !moves_links || policy::locking::template may_update<policy>(*Map::nearest(v)),
                    tree_lock_not_held, "a range changes without the tree lock");
    const auto change = [&v, &to]() noexcept { detail::set_range_in_file<Map>(v, to); };
    if (!moves_links) {
        change();
    } else if constexpr (can_rerange<topology, Map>) {
        topology::rerange(map, v, change);
    } else {
        {
            const relink_guard<policy> links{Map::hook_of(v)};
            topology::unkey(map, v);
        }
        change();
        const relink_guard<policy> links{Map::hook_of(v)};
        topology::rekey(map, v);
    }
    policy::trace::emit(event::adjust, &v);
}

/// Changes the range of a linked vma: a shrinking munmap, a brk, a boundary that moves. Nothing is
/// allocated. The caller holds the address space's lock exclusively and no lock further in; entries
/// outside the new range are gone. invalid: the range is empty or wraps.
template <class Map>
status adjust(Map& map, typename Map::vma_type& v, const span& to) noexcept {
    if (!to.valid()) return status::invalid;
    const range_locks<Map> locks{mapping_of<Map>(v), only_grows_up<Map>(v, to) ? nullptr : &v, to};
    adjust_locked(map, v, to);
    return status::ok;
}

/// A stack grows downwards: the vma starts at `new_start` now, and its offset decreases as much. It
/// is prepared first, as Linux does, so that a lock exists under which it grows. Neighbours: as
/// prepare. The caller holds the address space's lock exclusively (Linux CVE-2023-3269: shared is
/// not enough). invalid: not below the vma's start, or the offset would wrap. no_memory: nothing
/// has changed.
template <class Map, memory_source Memory>
status expand_down(Map& map, Memory& memory, typename Map::vma_type& v, pgno new_start,
                   typename Map::vma_type* prev, typename Map::vma_type* next) {
    const span from = span_of<Map>(v);
    const pgno by = from.start - new_start;
    if (new_start >= from.start || by > from.pgoff) return status::invalid;
    if (prepare(map, memory, v, prev, next) != status::ok) return status::no_memory;
    return adjust(map, v, {new_start, from.pages + by, from.pgoff - by});
}

/// The same upwards, to `new_pages` pages.
template <class Map, memory_source Memory>
status expand_up(Map& map, Memory& memory, typename Map::vma_type& v, pgno new_pages,
                 typename Map::vma_type* prev, typename Map::vma_type* next) {
    const span from = span_of<Map>(v);
    const span to{from.start, new_pages, from.pgoff};
    if (new_pages <= from.pages || !to.valid()) return status::invalid;
    if (prepare(map, memory, v, prev, next) != status::ok) return status::no_memory;
    return adjust(map, v, to);
}

}  // namespace rmap::inline RMAP_ABI::ops
