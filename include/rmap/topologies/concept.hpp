// SPDX-License-Identifier: BSL-1.0
#pragma once

// The topology axis: how an anon_vma finds its vmas. A topology provides what a vma carries
// (vma_hook), what an anon_vma carries (anchor) and what ties the two (link), and changes them
// under the locks that ops/ takes. It allocates nothing: links come in a list that was filled
// beforehand.
//
//   chain_tree   one link for each (vma, anon_vma) pair; per anon_vma a tree by offset (Linux since
//                3.7)
//   chain_list   the same links, in a list per anon_vma (Linux 2.6.34 to 3.6)
//   single_list  one anon_vma a family, and one list of its vmas (Linux 2.6.7 to 2.6.33)
//   cow_tree     the anon_vmas of a family as a tree of packed entries; a vma is in one (ours)
//   late_cow_tree  the same, a fork child gets its own anon_vma when it writes (ours)
//   pte_chain    each page has a chain of the places that map it (Linux 2.5, KVM)
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
    ancestry,   // a fork child after its parent, a copy after its source; others anyhow
};

/// A topology, for a given policy.
template <class T, class Policy>
concept chain_topology =
    requires {
        // The fact that mremap's ordering rule depends on.
        { T::order } -> std::convertible_to<walk_order>;
        // Whether a change of a vma's end alone touches the chains (then it needs the tree lock).
        { T::end_is_key } -> std::convertible_to<bool>;
        // Whether it can enumerate the anon_vmas that a vma is linked to.
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

// ---- What a topology may have besides. None of it costs those that have it not.
//
//   graph_is_reference    a fact, true: its anon_vmas and links are those of Linux 6.18, one by one
//   one_a_family          a fact, true: a fork child shares the parent's own anon_vma, instead of
//                         getting a newer one beside it; so nobody can say who was inherited
//   has_link_objects      a fact, false: a vma is linked without an object for each pair
//   needs_tree_lock       a fact, true: an update changes what belongs to others of the family
//   keeps_blocks          a fact, true: what it allocates are blocks for several links. How large a
//                         one it lacks for a change it tells under the update guard (lacks_*): then
//                         the operation lets go, gets one, and begins again
//   owns_late             a fact, true: a fork child has no own anon_vma before it needs one, and
//                         is found as long by its parent's: it is late. late(hook) says so,
//                         nearest(hook) is the own or the parent's (both are readers, as own());
//                         ops/settle.hpp ends it; detach_late() is its detach()
//   exact                 a fact, true: the map is told of every page-table entry (ops/places.hpp),
//                         and walks start at the page, which carries a page_slot<Policy>; then it
//                         has no visit() and no visit_all()
//   rerange(map, v, f)    instead of unkey(), f(), rekey(), where f() changes the range: finds the
//                         vma once
//   divide(map, v, upper, links, f)    instead of copy_chain() and rerange(), in a split: f() gives
//                         `v` what `upper` leaves it of its range
//   absorb(map, v, gone, spent, f)    instead of detach() and rerange(), in a merge, if
//                         may_absorb(v, gone): f() gives `v` the range of `gone` as well
//   order_tail(map, v)    makes `v` the last in every walk order that it is in: for a move between
//                         two vmas that were there before. For those whose order is `insertion`

template <class T>
inline constexpr bool graph_is_reference = requires { requires T::graph_is_reference; };
template <class T>
inline constexpr bool one_a_family = requires { requires T::one_a_family; };
/// Whether a vma's inherited() says that it was a fork child's.
template <class T>
inline constexpr bool tells_inherited = T::has_links && !one_a_family<T>;
/// How many link objects one link takes.
template <class T>
inline constexpr std::size_t objects_a_link = requires { requires !T::has_link_objects; } ? 0 : 1;

/// Whether what it allocates are blocks for several links.
template <class T>
concept keeps_blocks = requires { requires T::keeps_blocks; };
template <class T>
concept owns_late = requires { requires T::owns_late; };
template <class T>
concept needs_tree_lock = requires { requires T::needs_tree_lock; };
template <class T>
inline constexpr bool is_exact = requires { requires T::exact; };

template <class T, class Map>
concept can_rerange = requires(Map& map, typename Map::vma_type& v, void (&change)() noexcept) {
    { T::rerange(map, v, change) } noexcept;
};
template <class T, class Map>
concept can_divide =
    requires(Map& map, typename Map::vma_type& v, void (&change)() noexcept,
             typename T::template link_list<typename Map::policy>& links) {
        { T::divide(map, v, v, links, change) } noexcept;
    };
template <class T, class Map>
concept can_absorb =
    requires(Map& map, typename Map::vma_type& v, void (&change)() noexcept,
             typename T::template link_list<typename Map::policy>& spent) {
        { T::absorb(map, v, v, spent, change) } noexcept;
    };
template <class T, class Map>
concept can_order_tail = requires(Map& map, typename Map::vma_type& v) {
    { T::order_tail(map, v) } noexcept;
};

}  // namespace rmap::inline RMAP_ABI
