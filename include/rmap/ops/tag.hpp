// SPDX-License-Identifier: BSL-1.0
#pragma once

// Tagging: which anon_vma a page leads to. The tag must be the own anon_vma of the vma, or an
// ancestor of it, for every vma that maps the page (I7); the closer, the fewer vmas a walk visits.
// The caller holds the page lock, or is the only one who knows the page.

#include <rmap/core/check.hpp>
#include <rmap/core/types.hpp>
#include <rmap/merges/kept_bugs.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/i_mmap.hpp>
#include <rmap/model/ksm.hpp>
#include <rmap/model/page.hpp>
#include <rmap/ops/facts.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// The offset by which the page at `address` of a vma is found again.
template <class Map>
[[nodiscard]] pgoff_t index_of(const typename Map::vma_type& v, pgno address) noexcept {
    const span range = span_of<Map>(v);
    RMAP_CHECK(typename Map::policy, address >= range.start && address - range.start < range.pages,
               outside_vma, "the address is not in the vma");
    return range.pgoff + (address - range.start);
}

/// A page that only `v` maps, at `address`, for the first time: it leads to the vma's own anon_vma.
template <class Map>
void tag_new(typename Map::page_type& page, const typename Map::vma_type& v,
             pgno address) noexcept {
    using policy = typename Map::policy;
    auto* const own = Map::own(v);
    RMAP_CHECK(policy, own != nullptr, not_prepared,
               "an anonymous page is mapped before its vma was prepared");
    Map::hook_of(page).set(page_hook<policy>::tag_of(*own), index_of<Map>(v, address));
}

/// A page whose other mappings, now gone, may come back (from swap): an anonymous page keeps its
/// tag; any other leads to the oldest ancestor, which finds all that could map it (Linux bug
/// ea90002b0fa7).
template <class Map>
void tag_shared(typename Map::page_type& page, const typename Map::vma_type& v,
                pgno address) noexcept {
    using policy = typename Map::policy;
    if constexpr (merges::bugs_of<typename policy::merge>().first_mapper_tags) {
        return tag_new<Map>(page, v, address);
    }
    auto& hook = Map::hook_of(page);
    if (hook.kind() == page_kind::anon) return;
    auto* const own = Map::own(v);
    RMAP_CHECK(policy, own != nullptr, not_prepared,
               "an anonymous page is mapped before its vma was prepared");
    // Relaxed: own() has acquired the root, and it stays while a vma is linked.
    hook.set(page_hook<policy>::tag_of(*own->root.load(order::relaxed)), index_of<Map>(v, address));
}

/// The only vma that still maps the page makes it its own: later walks visit no relatives (Linux
/// c44b674323f4). One store: a reader sees the old anon_vma or the new one, and finds the vma in
/// both.
template <class Map>
void tag_own(typename Map::page_type& page, const typename Map::vma_type& v,
             pgno address) noexcept {
    tag_new<Map>(page, v, address);
}

/// A page that only one place maps moves to `address` of `v`, perhaps under another root
/// (userfaultfd move). The caller also holds the page-table locks of both places, and the update
/// guard of the tree that the page leaves (Map::move_locks{vma, true} has it): a walk without the
/// page lock could read the new offset beside the old tag, and meet neither place.
template <class Map>
void tag_moved(typename Map::page_type& page, const typename Map::vma_type& v,
               pgno address) noexcept {
    using policy [[maybe_unused]] = typename Map::policy;
    [[maybe_unused]] const auto left = Map::hook_of(page).read();
    RMAP_CHECK_HELD(
        policy,
        page_hook<policy>::kind_of(left) != page_kind::anon ||
            policy::locking::template may_update<policy>(*page_hook<policy>::anon(left)),
        page_moves_in_walks,
        "a page gets another offset while walks of its old tree may look for it");
    tag_new<Map>(page, v, address);
}

/// A page of a file.
template <class Map>
void tag_file(typename Map::page_type& page, i_mmap<typename Map::policy>& file,
              pgoff_t index) noexcept {
    Map::hook_of(page).set(page_hook<typename Map::policy>::tag_of(file), index);
}

/// A page of same content.
template <class Map>
void tag_ksm(typename Map::page_type& page, ksm_node<typename Map::policy>& node) noexcept {
    Map::hook_of(page).set(page_hook<typename Map::policy>::tag_of(node), 0);
}

/// The page is freed, or leaves its file. Not before: a tag outlives the last mapping, since a
/// migration or an ageing walk may be on its way.
template <class Map>
void untag(typename Map::page_type& page) noexcept {
    RMAP_CHECK(typename Map::policy, !Map::page_traits_type::mapped(page), untagged_while_mapped,
               "a page loses its tag while it is mapped");
    Map::hook_of(page).set(0, 0);
}

}  // namespace rmap::inline RMAP_ABI::ops
