// SPDX-License-Identifier: BSL-1.0
#pragma once

// topologies::single_list: one anon_vma for a vma and all that forks and splits make of it, and one
// list of them in it; the vmas themselves are its nodes. A walk meets every vma of the family whose
// range covers the page's offset, also those that can never have mapped the page: O(family). Fork,
// split and exit are O(1) and need no memory. This is the structure of Linux from 2.6.7
// (8aa3448cabdf) to 2.6.33; a family of a thousand, each with pages of its own, was what it could
// not do (5beb49305251).
//
// Functions change what they are given under the update guard, held by ops/; the readers say what
// they need instead.

#include <cstddef>

#include <rmap/core/atomics.hpp>
#include <rmap/core/check.hpp>
#include <rmap/core/list.hpp>
#include <rmap/core/types.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/place.hpp>
#include <rmap/topologies/concept.hpp>
#include <rmap/topologies/own.hpp>

namespace rmap::inline RMAP_ABI {

namespace topologies {

struct single_list : own_anon_vma {
    static constexpr walk_order order = walk_order::insertion;
    static constexpr bool end_is_key = false;
    static constexpr bool has_links = true;  // each faulted vma has one
    static constexpr bool one_a_family = true;
    static constexpr bool has_link_objects = false;

    template <class Policy>
    using link = no_link<Policy>;
    template <class Policy>
    using link_list = list<typename Policy::atomics>;

    /// What a vma carries: its own anon_vma, and its place in that one's list.
    template <class Policy>
    class vma_hook : public own_hook<Policy> {
    public:
        vma_hook() noexcept = default;
        ~vma_hook() {
            RMAP_CHECK(Policy, own_anon_vma::own<Policy>(*this) == nullptr, destroyed_while_linked,
                       "a vma was destroyed before it was unlinked");
        }

    private:
        friend single_list;
        using place = typename Policy::atomics::template plain<vma_hook*>;
        // Read holding the tree lock, written holding it exclusively. Null at the ends.
        place next_{nullptr};
        place prev_{nullptr};
    };

    /// What an anon_vma carries: its vmas, the oldest first.
    template <class Policy>
    class anchor {
    public:
        [[nodiscard]] bool empty() const noexcept { return first_.get() == nullptr; }

    private:
        friend single_list;
        using end = typename Policy::atomics::template plain<vma_hook<Policy>*>;
        // As the places in the list.
        end first_{nullptr};
        end last_{nullptr};
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

    /// Calls f(anon_vma&) for the vma's own anon_vma. Needs the address space's lock or the tree
    /// lock.
    template <class Policy, class F>
    static void for_each_link(const vma_hook<Policy>& v, F f) {
        if (auto* const av = own_anon_vma::own<Policy>(v)) f(*av);
    }

    /// Calls f(place) for each vma of the family whose range covers `index`, until f returns false.
    /// Needs the walk guard. Returns whether it came to the end.
    template <class Map, class F>
    static bool visit(Map& map, anon_vma<typename Map::policy>& av, pgoff_t index, F f) {
        return visit_all(map, av, [&](typename Map::vma_type& v) {
            using traits = typename Map::vma_traits_type;
            const pgoff_t first = traits::pgoff(v);
            if (index < first || index - first >= traits::pages(v)) return true;
            return f(vma_place<Map>{v, index});
        });
    }

    /// The same for every vma of the family, whatever its range; f takes a Vma&.
    template <class Map, class F>
    static bool visit_all(Map&, anon_vma<typename Map::policy>& av, F f) {
        for (auto* at = av.links.first_.get(); at != nullptr; at = at->next_) {
            if (!f(Map::vma_of(*at))) return false;
        }
        return true;
    }

    /// Whether the list is whole, and the vmas in it are those whose own anon_vma this is.
    template <class Map>
    [[nodiscard]] static bool valid(Map&, anon_vma<typename Map::policy>& av) noexcept {
        using policy = typename Map::policy;
        vma_hook<policy>* before = nullptr;
        for (auto* at = av.links.first_.get(); at != nullptr; at = at->next_) {
            if (at->prev_ != before || own_anon_vma::own<policy>(*at) != &av) return false;
            before = at;
        }
        return av.links.last_ == before;
    }

    // ---- changes, under the update guard --------------------------------------------------------

    /// Puts `v` at the end of the list of `av`.
    template <class Map>
    static void attach(Map&, typename Map::vma_type& v, anon_vma<typename Map::policy>& av,
                       link_list<typename Map::policy>&) noexcept {
        push_back(av.links, Map::hook_of(v));
    }

    /// The one anon_vma that `from` is linked to; `seen(anon_vma&)` is called for it.
    template <class Map, class F>
    static void copy_chain(Map& map, typename Map::vma_type& to, typename Map::vma_type& from,
                           link_list<typename Map::policy>& links, F seen) noexcept {
        auto& av = *Map::own(from);
        attach(map, to, av, links);
        seen(av);
    }

    /// Takes `v` out. `emptied(anon_vma&)` is called if the anon_vma has no vma any more.
    template <class Map, class F>
    static void detach(Map&, typename Map::vma_type& v, link_list<typename Map::policy>&,
                       F emptied) noexcept {
        auto& av = *Map::own(v);
        erase(av.links, Map::hook_of(v));
        if (av.links.empty()) emptied(av);
    }

    /// A vma stays where it is while its range changes.
    template <class Map>
    static void unkey(Map&, typename Map::vma_type&) noexcept {}
    template <class Map>
    static void rekey(Map&, typename Map::vma_type&) noexcept {}

    /// Makes `v` the last of its family.
    template <class Map>
    static void order_tail(Map&, typename Map::vma_type& v) noexcept {
        auto& family = Map::own(v)->links;
        erase(family, Map::hook_of(v));
        push_back(family, Map::hook_of(v));
    }

private:
    template <class Policy>
    static void push_back(anchor<Policy>& family, vma_hook<Policy>& v) noexcept {
        vma_hook<Policy>* const last = family.last_;
        v.prev_ = last;
        v.next_ = nullptr;
        if (last == nullptr) {
            family.first_ = &v;
        } else {
            last->next_ = &v;
        }
        family.last_ = &v;
    }
    template <class Policy>
    static void erase(anchor<Policy>& family, vma_hook<Policy>& v) noexcept {
        vma_hook<Policy>* const before = v.prev_;
        vma_hook<Policy>* const behind = v.next_;
        if (before == nullptr) {
            family.first_ = behind;
        } else {
            before->next_ = behind;
        }
        if (behind == nullptr) {
            family.last_ = before;
        } else {
            behind->prev_ = before;
        }
    }
};

}  // namespace topologies

}  // namespace rmap::inline RMAP_ABI
