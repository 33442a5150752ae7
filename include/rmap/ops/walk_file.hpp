// SPDX-License-Identifier: BSL-1.0
#pragma once

// The walk over the vmas that map a stretch of a file: for a page of the file, for truncation, for
// write-protecting. Needs no page: (i_mmap, first offset, number of pages).

#include <rmap/core/trace.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/model/i_mmap.hpp>
#include <rmap/model/place.hpp>
#include <rmap/ops/file.hpp>
#include <rmap/ops/visit.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// Visits each vma that maps any of the `pages` pages from offset `first` on; the place's address
/// is that of the first of them that the vma maps. The caller keeps the file. contended: in try
/// mode. invalid: no pages, or the offsets wrap.
template <class Map, class Visitor>
[[gnu::always_inline]] inline walk_result walk_file(Map&, i_mmap<typename Map::policy>& file,
                                                    pgoff_t first, pgno pages, Visitor& visitor,
                                                    walk_mode mode) {
    using policy = typename Map::policy;
    walk_result result;
    if (pages == 0 || first + (pages - 1) < first) {
        result.state = status::invalid;
        return result;
    }
    if constexpr (Map::file_traits_type::template supported<policy>) {
        using guard_type = read_guard<typename policy::lock>;
        const guard_type guard = mode == walk_mode::try_lock ? guard_type{file.lock, try_to_lock}
                                                             : guard_type{file.lock};
        if (!guard.owns()) {
            policy::trace::emit(event::walk_contended, &file);
            result.state = status::contended;
            return result;
        }
        policy::trace::emit(event::walk_begin, &file);
        using tree = file_tree<Map>;
        const pgoff_t last = first + pages - 1;
        for (auto* node = tree::first_overlap(file.vmas, first, last); node != nullptr;
             node = tree::next_overlap(*node, first, last)) {
            auto& v = detail::by_file_offset<Map>::vma_of(*node);
            const pgoff_t begins = Map::vma_traits_type::pgoff(v);
            const vma_place<Map> place{v, begins > first ? begins : first};
            if (!hand_over(visitor, place, result)) break;
        }
        policy::trace::emit(event::walk_end, &file);
    }
    return result;
}

}  // namespace rmap::inline RMAP_ABI::ops
