// SPDX-License-Identifier: BSL-1.0
#pragma once

// topologies::pte_chain: exact. Each page has a chain of the places that map it (place_chain.hpp),
// of which the map is told (ops/places.hpp): a walk is O(places), meets no place that does not map
// the page, and waits for nobody but who maps or unmaps that very page. The price is paid at each
// page-table entry: room for it, a lock, and a search of the chain when it goes. This is the
// structure of Linux 2.5, and of KVM's shadow pages.
//
// The anon_vma is no way to anywhere here. It is what the tag of an anonymous page names and what
// says that a vma was faulted; one a family, without a list. So no merge rule that asks who was
// inherited fits, no walk starts from an anon_vma, and no discipline but the plainest has a use.

#include <cstddef>
#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/check.hpp>
#include <rmap/core/list.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/topologies/concept.hpp>
#include <rmap/topologies/own.hpp>
#include <rmap/topologies/place_chain.hpp>

namespace rmap::inline RMAP_ABI {

namespace topologies {

struct pte_chain : own_anon_vma {
    static constexpr walk_order order = walk_order::insertion;
    static constexpr bool end_is_key = false;
    static constexpr bool has_links = true;  // each faulted vma has one
    static constexpr bool one_a_family = true;
    static constexpr bool has_link_objects = false;
    static constexpr bool exact = true;

    /// What is allocated: chunks of places.
    template <class Policy>
    using link = place_chunk<Policy>;
    template <class Policy>
    using link_list = list<typename Policy::atomics>;

    /// What a page carries besides its tag.
    template <class Policy>
    using page_slot = place_chain<Policy>;

    /// What a vma carries: its own anon_vma.
    template <class Policy>
    class vma_hook : public own_hook<Policy> {
    public:
        vma_hook() noexcept = default;
        ~vma_hook() {
            RMAP_CHECK(Policy, own_anon_vma::own<Policy>(*this) == nullptr, destroyed_while_linked,
                       "a vma was destroyed before it was unlinked");
        }
    };

    /// What an anon_vma carries: how many vmas it has.
    template <class Policy>
    class anchor {
    public:
        [[nodiscard]] bool empty() const noexcept { return vmas_ == 0; }

    private:
        friend pte_chain;
        // Read holding the tree lock, written holding it exclusively.
        typename Policy::atomics::template plain<std::uint32_t> vmas_{0};
    };

    // ---- readers ------------------------------------------------------------------------------

    /// Nobody can say: a fork child's vma is linked as its parent's is.
    template <class Policy>
    [[nodiscard]] static bool inherited(const vma_hook<Policy>&) noexcept {
        return false;
    }

    /// A copy takes no object.
    template <class Policy>
    [[nodiscard]] static std::size_t links_of(const vma_hook<Policy>&) noexcept {
        return 0;
    }

    /// Calls f(anon_vma&) for the vma's own anon_vma. Needs the address space's lock.
    template <class Policy, class F>
    static void for_each_link(const vma_hook<Policy>& v, F f) {
        if (auto* const av = own_anon_vma::own<Policy>(v)) f(*av);
    }

    /// Whether as many vmas are linked as have the anon_vma for their own.
    template <class Map>
    [[nodiscard]] static bool valid(Map&, anon_vma<typename Map::policy>& av) noexcept {
        return av.links.vmas_ == av.num_active_vmas;
    }

    // ---- changes, under the update guard --------------------------------------------------------

    template <class Map>
    static void attach(Map&, typename Map::vma_type&, anon_vma<typename Map::policy>& av,
                       link_list<typename Map::policy>&) noexcept {
        av.links.vmas_ = av.links.vmas_ + 1;
    }

    /// The one anon_vma that `from` is linked to; `seen(anon_vma&)` is called for it.
    template <class Map, class F>
    static void copy_chain(Map& map, typename Map::vma_type& to, typename Map::vma_type& from,
                           link_list<typename Map::policy>& links, F seen) noexcept {
        auto& av = *Map::own(from);
        attach(map, to, av, links);
        seen(av);
    }

    /// `emptied(anon_vma&)` is called if the anon_vma has no vma any more.
    template <class Map, class F>
    static void detach(Map&, typename Map::vma_type& v, link_list<typename Map::policy>&,
                       F emptied) noexcept {
        auto& av = *Map::own(v);
        av.links.vmas_ = av.links.vmas_ - 1;
        if (av.links.empty()) emptied(av);
    }

    /// No range is a key of anything.
    template <class Map>
    static void unkey(Map&, typename Map::vma_type&) noexcept {}
    template <class Map>
    static void rekey(Map&, typename Map::vma_type&) noexcept {}
};

}  // namespace topologies

}  // namespace rmap::inline RMAP_ABI
