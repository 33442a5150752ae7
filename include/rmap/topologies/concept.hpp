// SPDX-License-Identifier: BSL-1.0
#pragma once

// The topology axis: how an anon_vma finds its vmas. A topology provides what a vma carries
// (vma_hook), what an anon_vma carries (anchor) and what ties the two (link), and changes them
// under the locks that ops/ takes. It allocates nothing: links come in a list that was filled
// beforehand.
//
//   chain_tree   one link for each (vma, anon_vma) pair; per anon_vma a tree by offset (Linux since
//                3.7)
//
// In the functions, `Map` is the reverse_map: it supplies the policy's types and the traits of the
// user's vma. All of them need the update guard of the fork tree, but for those said to be readers.

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy>
class anon_vma;

/// The order in which a walk meets two vmas that map the same offset.
enum class walk_order : std::uint8_t {
    insertion,  // as they were linked, whatever their ranges
    offset,     // by the vmas' pgoff; those of one pgoff as they were linked
};

/// A topology, for a given policy.
template <class T, class Policy>
concept chain_topology =
    requires {
        // The fact that mremap's ordering rule depends on.
        { T::order } -> std::convertible_to<walk_order>;
        // Whether a change of a vma's end alone touches the chains (then it needs the tree lock).
        { T::end_is_key } -> std::convertible_to<bool>;
        // Whether it can enumerate the links of a vma, and so say whether the vma was inherited.
        { T::has_links } -> std::convertible_to<bool>;
        // The three types.
        typename T::template vma_hook<Policy>;
        typename T::template anchor<Policy>;
        typename T::template link<Policy>;
        typename T::template link_list<Policy>;
    } &&
    requires(typename T::template vma_hook<Policy>& hook,
             const typename T::template vma_hook<Policy>& seen,
             typename T::template link_list<Policy>& links, anon_vma<Policy>& av,
             const typename T::template anchor<Policy>& anchor) {
        // The vma's own anon_vma or null. A reader: needs no lock, acquires what was published.
        { T::template own<Policy>(seen) } noexcept -> std::same_as<anon_vma<Policy>*>;
        // Publishes it, with release.
        { T::template set_own<Policy>(hook, &av) } noexcept;
        // Whether the vma is faulted and linked to more than one anon_vma (a reader, under the
        // address space's lock).
        { T::template inherited<Policy>(seen) } noexcept -> std::same_as<bool>;
        // How many links a copy of the vma's chain takes (a reader, as above).
        { T::template links_of<Policy>(seen) } noexcept -> std::same_as<std::size_t>;
        // Whether no vma is linked to the anon_vma of this anchor.
        { anchor.empty() } noexcept -> std::same_as<bool>;
    };

}  // namespace rmap::inline RMAP_ABI
