// SPDX-License-Identifier: BSL-1.0
#pragma once

// topologies::chain_tree: one link (anon_vma_chain) for each pair of a vma and an anon_vma it is
// attached to; each anon_vma keeps its links in a tree by offset. A walk is O(log n + places); fork
// and unlink are O(depth of the fork chain). This is the structure of Linux since 3.7
// (bf181b9f9d8d).
//
// Functions change what they are given under the update guard of the fork tree, held by ops/; the
// readers at the top say what they need instead.

#include <cstddef>

#include <rmap/core/check.hpp>
#include <rmap/core/interval_tree.hpp>
#include <rmap/core/list.hpp>
#include <rmap/core/types.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/anon_vma_chain.hpp>
#include <rmap/model/place.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI {

namespace topologies {

struct chain_tree {
    static constexpr walk_order order = walk_order::offset;
    static constexpr bool end_is_key = true;
    // Whether the links of a vma can be enumerated (for dumps and for comparisons with the kernel).
    static constexpr bool has_links = true;
    // Whether visit() bears that links of vmas which do not cover the index change between two
    // calls of f: it goes on from the link that it is at, which is in the tree all the time.
    static constexpr bool steps_singly = true;

    template <class Policy>
    using link = anon_vma_chain<Policy>;

    /// Links that wait to be used, or to be freed.
    template <class Policy>
    using link_list = list<typename Policy::atomics>;

    /// What an anon_vma carries: its links by offset.
    template <class Policy>
    class anchor {
    public:
        [[nodiscard]] bool empty() const noexcept { return links_.empty(); }

    private:
        friend chain_tree;
        interval_root<typename Policy::atomics> links_{};
    };

    /// What a vma carries: its own anon_vma, and its chain.
    template <class Policy>
    class vma_hook {
    public:
        vma_hook() noexcept = default;
        vma_hook(const vma_hook&) = delete;
        vma_hook& operator=(const vma_hook&) = delete;
        ~vma_hook() {
            RMAP_CHECK(Policy, chain_.empty(), destroyed_while_linked,
                       "a vma was destroyed before it was unlinked");
        }

    private:
        friend chain_tree;
        // Null while unfaulted. Read by anyone who keeps the vma alive; written as the chain is.
        typename Policy::atomics::template atomic<anon_vma<Policy>*> own_{};
        list<typename Policy::atomics> chain_{};
    };

    // ---- readers ------------------------------------------------------------------------------

    /// The vma's own anon_vma; null if unfaulted. Needs no lock.
    //   Orders:     the chain and the anon_vma behind the pointer before their use.
    //   Pairs with: set_own().
    //   Otherwise:  T1 prepares the vma: publishes own, then links | T2 faults, sees own, tags a
    //               page; T3 walks from the page and meets an empty tree, or memory's earlier life
    //               (seed 000; Linux d9d332e0874f).
    //   Proved by:  tests/explore/orders_test.cpp
    template <class Policy>
    [[nodiscard]] static anon_vma<Policy>* own(const vma_hook<Policy>& v) noexcept {
        return v.own_.load(rmap::order::acquire);
    }

    /// A fork child: faulted, and linked to more than its own anon_vma. Needs the address space's
    /// lock.
    template <class Policy>
    [[nodiscard]] static bool inherited(const vma_hook<Policy>& v) noexcept {
        return own<Policy>(v) != nullptr && !v.chain_.is_singular();
    }

    /// How many links a copy of the chain takes. Needs the address space's lock.
    template <class Policy>
    [[nodiscard]] static std::size_t links_of(const vma_hook<Policy>& v) noexcept {
        return own<Policy>(v) == nullptr ? 0 : v.chain_.size();
    }

    /// Calls f(anon_vma&) for each link, newest first. Needs the address space's lock or the tree
    /// lock.
    template <class Policy, class F>
    static void for_each_link(const vma_hook<Policy>& v, F f) {
        for (auto* node = v.chain_.front(); node != nullptr; node = v.chain_.next(*node)) {
            f(*static_cast<link<Policy>*>(node)->to.get());
        }
    }

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

    /// Links `v` to `av`, in front of its chain, with one link out of `from`.
    template <class Map>
    static void attach(Map&, typename Map::vma_type& v, anon_vma<typename Map::policy>& av,
                       link_list<typename Map::policy>& from) noexcept {
        using policy = typename Map::policy;
        auto* fresh = static_cast<link<policy>*>(from.front());
        from.erase(*fresh);
        fresh->vma = &Map::hook_of(v);
        fresh->to = &av;
        Map::hook_of(v).chain_.push_front(*fresh);
        tree_of<Map>::insert(av.links.links_, *fresh);
        check_valid<Map>(av);
    }

    /// Links `to` to every anon_vma that `from` is linked to, oldest first, so that the copy has
    /// the order of the original (I5; Linux bug 646d87b481da). `seen(anon_vma&)` is called for
    /// each.
    template <class Map, class F>
    static void copy_chain(Map& map, typename Map::vma_type& to, typename Map::vma_type& from,
                           link_list<typename Map::policy>& links, F seen) noexcept {
        using policy = typename Map::policy;
        auto& chain = Map::hook_of(from).chain_;
        for (auto* node = chain.back(); node != nullptr; node = chain.prev(*node)) {
            anon_vma<policy>& av = *static_cast<link<policy>*>(node)->to.get();
            attach(map, to, av, links);
            seen(av);
        }
    }

    /// Publishes the vma's own anon_vma, when the chain is complete.
    //   Orders, Pairs with, Otherwise, Proved by: own().
    template <class Policy>
    static void set_own(vma_hook<Policy>& v, anon_vma<Policy>* av) noexcept {
        v.own_.store(av, rmap::order::release);
    }

    /// Takes `v` out of every anon_vma, newest first. The links go to `spent`; each still names the
    /// anon_vma it led to if that has no vma any more, else null: `emptied(anon_vma&)` is called
    /// for it.
    template <class Map, class F>
    static void detach(Map&, typename Map::vma_type& v, link_list<typename Map::policy>& spent,
                       F emptied) noexcept {
        using policy = typename Map::policy;
        auto& chain = Map::hook_of(v).chain_;
        while (auto* node = chain.front()) {
            auto* old = static_cast<link<policy>*>(node);
            anon_vma<policy>& av = *old->to.get();
            tree_of<Map>::erase(av.links.links_, *old);
            check_valid<Map>(av);
            chain.erase(*old);
            if (av.links.empty()) {
                emptied(av);
            } else {
                old->to = nullptr;
            }
            spent.push_back(*old);
        }
    }

    /// Takes the vma's links out of the trees, and puts them back, around a change of its range
    /// (I9).
    template <class Map>
    static void unkey(Map&, typename Map::vma_type& v) noexcept {
        for_each(Map::hook_of(v), [](auto& l) {
            tree_of<Map>::erase(l.to->links.links_, l);
            check_valid<Map>(*l.to.get());
        });
    }
    template <class Map>
    static void rekey(Map&, typename Map::vma_type& v) noexcept {
        for_each(Map::hook_of(v), [](auto& l) {
            tree_of<Map>::insert(l.to->links.links_, l);
            check_valid<Map>(*l.to.get());
        });
    }

private:
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
        return Map::vma_of(*static_cast<const link<typename Map::policy>&>(node).vma.get());
    }

    template <class Policy, class F>
    static void for_each(vma_hook<Policy>& v, F f) noexcept {
        for (auto* node = v.chain_.front(); node != nullptr; node = v.chain_.next(*node)) {
            f(*static_cast<link<Policy>*>(node));
        }
    }
};

}  // namespace topologies

}  // namespace rmap::inline RMAP_ABI
