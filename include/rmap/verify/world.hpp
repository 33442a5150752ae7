// SPDX-License-Identifier: BSL-1.0
#pragma once

// A world: what checks and dumps are told of a user's system, in a quiescent state (no other thread
// is inside). It shows the map, the address spaces, their vmas, and which page each address maps:
//
//   struct my_world {
//       using map_type = my_rmap;
//       map_type& map();
//       template <class F> void for_each_mm(F f);                // f(mm&), always in the same
//       order template <class F> void for_each_vma(mm&, F f);          // f(vma&), ascending
//       template <class F> void for_each_mapping(mm&, F f);      // f(address, page&), ascending
//   };

#include <cstdint>
#include <string>

#include <rmap/core/config.hpp>

#if !RMAP_HOSTED
#error "rmap: verify/ needs a hosted implementation"
#endif

#include <rmap/core/types.hpp>
#include <rmap/reverse_map.hpp>

namespace rmap::inline RMAP_ABI::verify {

namespace detail {
template <class World>
using mm_of = typename World::map_type::mm_type;
template <class World>
using vma_of = typename World::map_type::vma_type;
template <class World>
using page_of = typename World::map_type::page_type;
template <class World>
using anon_vma_of = typename World::map_type::anon_vma_type;
}  // namespace detail

/// What a world must show. Pages that stand for nothing (the zero page) are left out.
template <class W>
concept quiescent_world = requires(W& w, detail::mm_of<W>& mm, void (&each_mm)(detail::mm_of<W>&),
                                   void (&each_vma)(detail::vma_of<W>&),
                                   void (&each_page)(pgno, detail::page_of<W>&)) {
    // The map.
    { w.map() } -> std::same_as<typename W::map_type&>;
    // Every address space.
    w.for_each_mm(each_mm);
    // The vmas of one, by address.
    w.for_each_vma(mm, each_vma);
    // Its page-table entries, by address.
    w.for_each_mapping(mm, each_page);
};

/// Optional: how often each anon_vma is referenced from outside (ksm items, migrations):
/// f(anon_vma&) once a reference. Without it the counts of references are not compared exactly
/// (I10, I14).
template <class W>
concept shows_references = requires(W& w, void (&each)(detail::anon_vma_of<W>&)) {
    w.for_each_reference(each);
};

/// Optional: the number by which an address space is known; without it they count from 0.
template <class W>
concept numbers_mms = requires(W& w, const detail::mm_of<W>& mm) {
    { w.id_of(mm) } -> std::convertible_to<std::uint64_t>;
};

/// Optional: words for a dump to put behind a vma or a page, the same for the same state.
template <class W>
concept describes_vmas = requires(W& w, const detail::vma_of<W>& v) {
    { w.attributes(v) } -> std::convertible_to<std::string>;
};
template <class W>
concept describes_pages = requires(W& w, const detail::page_of<W>& p) {
    { w.attributes(p) } -> std::convertible_to<std::string>;
};

}  // namespace rmap::inline RMAP_ABI::verify
