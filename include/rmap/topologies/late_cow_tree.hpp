// SPDX-License-Identifier: BSL-1.0
#pragma once

// topologies::late_cow_tree: a cow_tree in which a fork child gets no own anon_vma at fork. Its
// entry stands among the children of its parent's as any other, but is about the vma itself. When
// it first needs an own one (ops/settle.hpp), the entry becomes about that, and stays where it is.
//
// A late vma has no private page, so walks find the same as under cow_tree; what its family's
// anon_vmas are is not what Linux has (graph_is_reference). Most children of a fork never write
// most of their memory: they cost an entry each, and a fork and an exit that touch little else.
// Ours.

#include <cstddef>
#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/topologies/concept.hpp>
#include <rmap/topologies/cow_kids.hpp>
#include <rmap/topologies/cow_late.hpp>
#include <rmap/topologies/cow_tree.hpp>

namespace rmap::inline RMAP_ABI {

namespace topologies {

struct late_cow_tree : cow_tree {
    static constexpr bool graph_is_reference = false;
    static constexpr bool owns_late = true;

    /// The word of the own anon_vma has the parent's while the vma is late, with the low bit set:
    /// that one stays as long, so that its tree can be locked from there, whoever holds what. The
    /// word of the home then has the place of the entry (cow_late.hpp).
    template <class Policy>
    class vma_hook : public cow_tree::vma_hook<Policy> {};

    // ---- readers ------------------------------------------------------------------------------

    /// As everywhere; null too while the vma is late.
    //   Orders, Pairs with, Otherwise, Proved by: own_anon_vma::own().
    template <class Policy>
    [[nodiscard]] static anon_vma<Policy>* own(const vma_hook<Policy>& v) noexcept {
        anon_vma<Policy>* const word = cow_tree::own<Policy>(v);
        return is_tagged(word) ? nullptr : word;
    }
    /// Needs no lock.
    //   Orders:     the parent's anon_vma before its use, and, if the answer is no, the place of
    //               the vma before that.
    //   Pairs with: set_own(), by settle or attach_late().
    //   Otherwise:  T1 settles the vma: writes its home, then own | T2, a fault beside it, sees own
    //               and not the home, and takes the place of the entry for an anon_vma.
    //   Proved by:  tests/explore/late_cow_tree_test.cpp
    template <class Policy>
    [[nodiscard]] static bool late(const vma_hook<Policy>& v) noexcept {
        return is_tagged(cow_tree::own<Policy>(v));
    }
    /// The own anon_vma, or the parent's while the vma is late. Needs no lock.
    //   Orders, Pairs with, Otherwise, Proved by: late().
    template <class Policy>
    [[nodiscard]] static anon_vma<Policy>* nearest(const vma_hook<Policy>& v) noexcept {
        return untagged(cow_tree::own<Policy>(v));
    }
    /// A fork child: at home below a root, or late. Needs the address space's lock.
    template <class Policy>
    [[nodiscard]] static bool inherited(const vma_hook<Policy>& v) noexcept {
        return late<Policy>(v) || cow_tree::inherited<Policy>(v);
    }
    /// Calls f(anon_vma&) for each anon_vma that leads to the vma, newest first. Needs the tree
    /// lock.
    template <class Policy, class F>
    static void for_each_link(const vma_hook<Policy>& v, F f) {
        if (!late<Policy>(v)) return cow_tree::for_each_link<Policy>(v, f);
        for (anon_vma<Policy>* av = nearest<Policy>(v); av != nullptr; av = parent_of(*av))
            f(*av);
    }

    // ---- changes, under the update guard --------------------------------------------------------

    /// Files the vma of a fork child among the children of the home of `parent`, which is returned.
    template <class Map>
    [[gnu::always_inline]] static inline anon_vma<typename Map::policy>& attach_late(
        Map& map, typename Map::vma_type& child, typename Map::vma_type& parent,
        link_list<typename Map::policy>& from) noexcept {
        anon_vma<typename Map::policy>& home = *Map::hook_of(parent).home_.get();
        const bool is_first = home.links.kids.get() == nullptr;
        cow_kids<Map>::add_late(home, child, from);
        if (is_first) [[unlikely]]
            cow_kids<Map>::mirror(home);
        set_own(Map::hook_of(child), tagged(home));
        check_valid(map, home);
        return home;
    }

    /// The oldest of `av` and its ancestors that f accepts, or null.
    template <class Policy, class F>
    [[nodiscard]] static anon_vma<Policy>* oldest_that(anon_vma<Policy>& av, F f) noexcept {
        anon_vma<Policy>* oldest = nullptr;
        for (auto* at = &av; at != nullptr; at = parent_of(*at)) {
            if (f(*at)) oldest = at;
        }
        return oldest;
    }

    /// The late `v` gets `fresh` for its home: the entry stays, and is about that.
    template <class Map>
    static void settle_below(Map& map, typename Map::vma_type& v,
                             anon_vma<typename Map::policy>& fresh,
                             link_list<typename Map::policy>& spent) noexcept {
        cow_kids<Map>::replace(v, fresh, spent);
        hold_alone<Map>(fresh, v);
        check_valid(map, *parent_of(fresh));
    }
    /// The late `v` moves into the anon_vma among whose children it is.
    template <class Map>
    static void settle_at_home(Map& map, typename Map::vma_type& v,
                               link_list<typename Map::policy>& from,
                               link_list<typename Map::policy>& spent) noexcept {
        anon_vma<typename Map::policy>& home = *nearest<typename Map::policy>(Map::hook_of(v));
        cow_kids<Map>::remove_late(v, spent);
        if (home.links.kids.get() == nullptr) cow_kids<Map>::mirror_less(home);
        file<Map>(map, v, home, nullptr, from);
    }

    /// As detach(), for a vma that is late, among the children of `home`.
    template <class Map, class F>
    [[gnu::always_inline]] static inline void detach_late(Map& map, typename Map::vma_type& v,
                                                          anon_vma<typename Map::policy>& home,
                                                          link_list<typename Map::policy>& spent,
                                                          F& emptied) noexcept {
        cow_kids<Map>::remove_late(v, spent);
        Map::hook_of(v).home_ = nullptr;
        if (home.links.kids.get() != nullptr) [[likely]]
            return check_valid(map, home);
        prune(map, home, spent, emptied);
    }

    template <class Map, class F>
    static void rerange(Map& map, typename Map::vma_type& v, F change) noexcept {
        if (!late<typename Map::policy>(Map::hook_of(v))) {
            return cow_tree::rerange(map, v, change);
        }
        change();
        rekey(map, v);
    }
    template <class Map>
    static void unkey(Map& map, typename Map::vma_type& v) noexcept {
        if (!late<typename Map::policy>(Map::hook_of(v))) cow_tree::unkey(map, v);
    }
    template <class Map>
    static void rekey(Map& map, typename Map::vma_type& v) noexcept {
        if (!late<typename Map::policy>(Map::hook_of(v))) return cow_tree::rekey(map, v);
        cow_kids<Map>::mirror_late(v);
        check_valid(map, *nearest<typename Map::policy>(Map::hook_of(v)));
    }

private:
    template <class Policy>
    [[nodiscard]] static anon_vma<Policy>* tagged(anon_vma<Policy>& av) noexcept {
        return reinterpret_cast<anon_vma<Policy>*>(reinterpret_cast<std::uintptr_t>(&av) | 1U);
    }
    template <class Policy>
    [[nodiscard]] static bool is_tagged(const anon_vma<Policy>* word) noexcept {
        return (reinterpret_cast<std::uintptr_t>(word) & 1U) != 0;
    }
    template <class Policy>
    [[nodiscard]] static anon_vma<Policy>* untagged(anon_vma<Policy>* word) noexcept {
        return reinterpret_cast<anon_vma<Policy>*>(reinterpret_cast<std::uintptr_t>(word) &
                                                   ~std::uintptr_t{1});
    }
};

}  // namespace topologies

}  // namespace rmap::inline RMAP_ABI
