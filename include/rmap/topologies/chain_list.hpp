// SPDX-License-Identifier: BSL-1.0
#pragma once

// topologies::chain_list: one link for each pair of a vma and an anon_vma it is attached to; each
// anon_vma keeps its links in a list, as they were linked. A walk is O(vmas of the anon_vma); fork
// and unlink are O(depth of the fork chain), a change of a range costs nothing. This is the
// structure of Linux from 2.6.34 (5beb49305251) to 3.6; the list grows at its end since 2.6.36
// (26ba0cb63cb8), so that a walk meets parents before children.
//
// topologies/chain.hpp is the vma's side, this file the anon_vma's.

#include <rmap/core/list.hpp>
#include <rmap/core/types.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/place.hpp>
#include <rmap/model/vma.hpp>
#include <rmap/topologies/chain.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI {

namespace topologies {

struct chain_list : chain<chain_list> {
    static constexpr walk_order order = walk_order::insertion;
    static constexpr bool end_is_key = false;
    static constexpr bool graph_is_reference = true;

    /// A link's place in the list of its anon_vma: read holding the tree lock, written holding it
    /// exclusively.
    template <class Policy>
    class member : public list_node<typename Policy::atomics> {
        friend chain_list;
        // Never changes while linked.
        typename Policy::atomics::template plain<vma_hook<Policy>*> vma_{nullptr};
    };

    /// A link: the node is its place in the chain of its vma, read holding the address space's lock
    /// OR the tree lock, written holding the tree lock exclusively AND EITHER the address space's
    /// lock exclusively OR its page_table_lock.
    template <class Policy>
    class link : public list_node<typename Policy::atomics> {
    public:
        /// What it links. Before it hangs anywhere.
        void ties(vma_hook<Policy>& vma, anon_vma<Policy>& to) noexcept {
            member_.vma_ = &vma;
            to_ = &to;
        }
        [[nodiscard]] anon_vma<Policy>& to() const noexcept { return *to_.get(); }

    private:
        friend chain_list;
        member<Policy> member_{};
        typename Policy::atomics::template plain<anon_vma<Policy>*> to_{nullptr};
    };

    /// What an anon_vma carries: its links, the oldest first.
    template <class Policy>
    class anchor {
    public:
        [[nodiscard]] bool empty() const noexcept { return links_.empty(); }

    private:
        friend chain_list;
        list<typename Policy::atomics> links_{};
    };

    // ---- readers ------------------------------------------------------------------------------

    /// Calls f(place) for each vma linked to `av` whose range covers `index`, until f returns
    /// false. Needs the walk guard. Returns whether it came to the end.
    template <class Map, class F>
    static bool visit(Map& map, anon_vma<typename Map::policy>& av, pgoff_t index, F f) {
        return visit_all(map, av, [&](typename Map::vma_type& v) {
            using traits = typename Map::vma_traits_type;
            const pgoff_t first = traits::pgoff(v);
            if (index < first || index - first >= traits::pages(v)) return true;
            return f(vma_place<Map>{v, index});
        });
    }

    /// The same for every vma linked to `av`, whatever its range; f takes a Vma&.
    template <class Map, class F>
    static bool visit_all(Map&, anon_vma<typename Map::policy>& av, F f) {
        auto& links = av.links.links_;
        for (auto* node = links.front(); node != nullptr; node = links.next(*node)) {
            auto& at = static_cast<member<typename Map::policy>&>(*node);
            if (!f(Map::vma_of(*at.vma_.get()))) return false;
        }
        return true;
    }

    /// There is no order that could be broken.
    template <class Map>
    [[nodiscard]] static bool valid(Map&, anon_vma<typename Map::policy>&) noexcept {
        return true;
    }

    // ---- changes, under the update guard --------------------------------------------------------

    /// A link stays where it is while the range of its vma changes.
    template <class Map>
    static void unkey(Map&, typename Map::vma_type&) noexcept {}
    template <class Map>
    static void rekey(Map&, typename Map::vma_type&) noexcept {}

    /// Makes `v` the last of all its anon_vmas' lists.
    template <class Map>
    static void order_tail(Map&, typename Map::vma_type& v) noexcept {
        for_each(Map::hook_of(v), [](auto& l) {
            erase<Map>(l.to(), l);
            insert<Map>(l.to(), l);
        });
    }

private:
    friend chain<chain_list>;

    template <class Map>
    static void insert(anon_vma<typename Map::policy>& av,
                       link<typename Map::policy>& fresh) noexcept {
        av.links.links_.push_back(fresh.member_);
    }
    template <class Map>
    static void erase(anon_vma<typename Map::policy>&, link<typename Map::policy>& old) noexcept {
        list<typename Map::atomics>::erase(old.member_);
    }
};

}  // namespace topologies

}  // namespace rmap::inline RMAP_ABI
