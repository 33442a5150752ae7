// SPDX-License-Identifier: BSL-1.0
#pragma once

// The vma's side of the topologies that have one link for each pair of a vma and an anon_vma it is
// attached to: its chain of links, newest anon_vma first, oldest ancestor last. `Self`, which
// derives from it, is the anon_vma's side: it says what a link is, and how one enters and leaves
// what an anon_vma keeps:
//
//   link<Policy>            a list_node with ties(vma_hook, anon_vma), vma() and to()
//   insert<Map>(av, link)   and erase<Map>(av, link), under the update guard
//
// Functions change what they are given under the update guard of the fork tree, held by ops/; the
// readers at the top say what they need instead. Source: Linux 5beb49305251 (2.6.34).

#include <cstddef>

#include <rmap/core/check.hpp>
#include <rmap/core/list.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/topologies/own.hpp>

namespace rmap::inline RMAP_ABI {

namespace topologies {

template <class Self>
struct chain : own_anon_vma {
    // Whether the links of a vma can be enumerated (for dumps and for comparisons with the kernel).
    static constexpr bool has_links = true;

    /// Links that wait to be used, or to be freed.
    template <class Policy>
    using link_list = list<typename Policy::atomics>;

    /// What a vma carries: its own anon_vma, and its chain.
    template <class Policy>
    class vma_hook : public own_hook<Policy> {
    public:
        vma_hook() noexcept = default;
        ~vma_hook() {
            RMAP_CHECK(Policy, chain_.empty(), destroyed_while_linked,
                       "a vma was destroyed before it was unlinked");
        }

    private:
        friend chain;
        list<typename Policy::atomics> chain_{};
    };

    // ---- readers ------------------------------------------------------------------------------

    /// A fork child: faulted, and linked to more than its own anon_vma. Needs the address space's
    /// lock.
    template <class Policy>
    [[nodiscard]] static bool inherited(const vma_hook<Policy>& v) noexcept {
        return own_anon_vma::own<Policy>(v) != nullptr && !v.chain_.is_singular();
    }

    /// How many links a copy of the chain takes. Needs the address space's lock.
    template <class Policy>
    [[nodiscard]] static std::size_t links_of(const vma_hook<Policy>& v) noexcept {
        return own_anon_vma::own<Policy>(v) == nullptr ? 0 : v.chain_.size();
    }

    /// Calls f(anon_vma&) for each link, newest first. Needs the address space's lock or the tree
    /// lock.
    template <class Policy, class F>
    static void for_each_link(const vma_hook<Policy>& v, F f) {
        for (auto* node = v.chain_.front(); node != nullptr; node = v.chain_.next(*node)) {
            f(link_of<Policy>(*node).to());
        }
    }

    // ---- changes, under the update guard --------------------------------------------------------

    /// Links `v` to `av`, in front of its chain, with one link out of `from`.
    template <class Map>
    static void attach(Map&, typename Map::vma_type& v, anon_vma<typename Map::policy>& av,
                       link_list<typename Map::policy>& from) noexcept {
        auto& fresh = link_of<typename Map::policy>(*from.front());
        from.erase(fresh);
        fresh.ties(Map::hook_of(v), av);
        Map::hook_of(v).chain_.push_front(fresh);
        Self::template insert<Map>(av, fresh);
    }

    /// Links `to` to every anon_vma that `from` is linked to, oldest first, so that the copy has
    /// the order of the original (I5; Linux bug 646d87b481da). `seen(anon_vma&)` is called for
    /// each.
    template <class Map, class F>
    static void copy_chain(Map& map, typename Map::vma_type& to, typename Map::vma_type& from,
                           link_list<typename Map::policy>& links, F seen) noexcept {
        auto& chain = Map::hook_of(from).chain_;
        for (auto* node = chain.back(); node != nullptr; node = chain.prev(*node)) {
            auto& av = link_of<typename Map::policy>(*node).to();
            attach(map, to, av, links);
            seen(av);
        }
    }

    /// Takes `v` out of every anon_vma, newest first. The links go to `spent`; `emptied(anon_vma&)`
    /// is called for each that has no vma any more.
    template <class Map, class F>
    static void detach(Map&, typename Map::vma_type& v, link_list<typename Map::policy>& spent,
                       F emptied) noexcept {
        auto& chain = Map::hook_of(v).chain_;
        while (auto* node = chain.front()) {
            auto& old = link_of<typename Map::policy>(*node);
            auto& av = old.to();
            Self::template erase<Map>(av, old);
            chain.erase(old);
            if (av.links.empty()) emptied(av);
            spent.push_back(old);
        }
    }

protected:
    /// f(link&) for each, newest first.
    template <class Policy, class F>
    static void for_each(vma_hook<Policy>& v, F f) noexcept {
        for (auto* node = v.chain_.front(); node != nullptr; node = v.chain_.next(*node)) {
            f(link_of<Policy>(*node));
        }
    }

private:
    template <class Policy>
    static auto& link_of(list_node<typename Policy::atomics>& node) noexcept {
        return static_cast<typename Self::template link<Policy>&>(node);
    }
};

}  // namespace topologies

}  // namespace rmap::inline RMAP_ABI
