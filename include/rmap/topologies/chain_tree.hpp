// SPDX-License-Identifier: BSL-1.0
#pragma once

// topologies::chain_tree: one link (anon_vma_chain) for each pair of a vma and an anon_vma it is
// attached to; each anon_vma keeps its links in a tree by offset. A walk is O(log n + places); fork
// and unlink are O(depth of the fork chain). This is the structure of Linux since 3.7
// (bf181b9f9d8d).
//
// topologies/chain.hpp is the vma's side, this file the anon_vma's.

#include <rmap/core/check.hpp>
#include <rmap/core/interval_tree.hpp>
#include <rmap/core/types.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/anon_vma_chain.hpp>
#include <rmap/model/place.hpp>
#include <rmap/topologies/chain.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI {

namespace topologies {

struct chain_tree : chain<chain_tree> {
    static constexpr walk_order order = walk_order::offset;
    static constexpr bool end_is_key = true;
    static constexpr bool graph_is_reference = true;
    // Whether visit() bears that links and ranges of vmas which do not cover the index change
    // between two calls of f: it goes on from the link that it is at, which is in the tree all the
    // time; and a vma whose range changes is in no tree meanwhile.
    static constexpr bool steps_singly = true;

    template <class Policy>
    using link = anon_vma_chain<Policy>;

    /// What an anon_vma carries: its links by offset.
    template <class Policy>
    class anchor {
    public:
        [[nodiscard]] bool empty() const noexcept { return links_.empty(); }

    private:
        friend chain_tree;
        interval_root<typename Policy::atomics> links_{};
    };

    // ---- readers ------------------------------------------------------------------------------

    /// Calls f(place) for each vma linked to `av` whose range covers `index`, until f returns
    /// false. Needs the walk guard. Returns whether it came to the end.
    template <class Map, class F>
    static bool visit(Map&, anon_vma<typename Map::policy>& av, pgoff_t index, F f) {
        using tree = tree_of<Map>;
        for (auto* node = tree::first_overlap(av.links.links_, index, index); node != nullptr;
             node = tree::next_overlap(*node, index, index)) {
            if (!f(vma_place<Map>{vma_of<Map>(*node), index})) return false;
        }
        return true;
    }

    /// The same for every vma linked to `av`, whatever its range; f takes a Vma&.
    template <class Map, class F>
    static bool visit_all(Map&, anon_vma<typename Map::policy>& av, F f) {
        using tree = tree_of<Map>;
        for (auto* node = tree::leftmost(av.links.links_); node != nullptr;
             node = tree::next(*node)) {
            if (!f(vma_of<Map>(*node))) return false;
        }
        return true;
    }

    /// Whether the links under `av` are in order and each is where its vma's range says (I9).
    template <class Map>
    [[nodiscard]] static bool valid(Map&, anon_vma<typename Map::policy>& av) noexcept {
        return tree_of<Map>::valid(av.links.links_);
    }

    // ---- changes, under the update guard --------------------------------------------------------

    /// Takes the vma's links out of the trees, and puts them back, around a change of its range
    /// (I9).
    template <class Map>
    static void unkey(Map&, typename Map::vma_type& v) noexcept {
        for_each(Map::hook_of(v), [](auto& l) { erase<Map>(l.to(), l); });
    }
    template <class Map>
    static void rekey(Map&, typename Map::vma_type& v) noexcept {
        for_each(Map::hook_of(v), [](auto& l) { insert<Map>(l.to(), l); });
    }

private:
    friend chain<chain_tree>;

    template <class Map>
    struct by_offset {
        using node = interval_node<typename Map::atomics>;
        static std::uint64_t first(const node& n) noexcept {
            return Map::vma_traits_type::pgoff(vma_of<Map>(n));
        }
        static std::uint64_t last(const node& n) noexcept {
            auto& v = vma_of<Map>(n);
            return Map::vma_traits_type::pgoff(v) + Map::vma_traits_type::pages(v) - 1;
        }
    };

    template <class Map>
    using tree_of = interval_tree<typename Map::atomics, by_offset<Map>>;

    template <class Map>
    static void insert(anon_vma<typename Map::policy>& av,
                       link<typename Map::policy>& fresh) noexcept {
        tree_of<Map>::insert(av.links.links_, fresh);
        check_valid<Map>(av);
    }
    template <class Map>
    static void erase(anon_vma<typename Map::policy>& av,
                      link<typename Map::policy>& old) noexcept {
        tree_of<Map>::erase(av.links.links_, old);
        check_valid<Map>(av);
    }

    // At debug level 3, after every change of what is linked to `av`.
    template <class Map>
    static void check_valid([[maybe_unused]] anon_vma<typename Map::policy>& av) noexcept {
        RMAP_CHECK_VALID(
            typename Map::policy, tree_of<Map>::valid(av.links.links_), chain_invalid,
            "the links under an anon_vma are not in order, or a range changed in place");
    }

    template <class Map>
    static typename Map::vma_type& vma_of(
        const interval_node<typename Map::atomics>& node) noexcept {
        return Map::vma_of(static_cast<const link<typename Map::policy>&>(node).vma());
    }
};

}  // namespace topologies

}  // namespace rmap::inline RMAP_ABI
