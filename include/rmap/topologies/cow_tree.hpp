// SPDX-License-Identifier: BSL-1.0
#pragma once

// topologies::cow_tree: the anon_vmas of a family are the fork tree, and each vma is at home in one
// of them. A page's places are in the subtree of its anon_vma, so a walk descends there; what a
// child anon_vma holds is mirrored in its parent's entries (cow_block.hpp), so that the walk over
// any number of children streams through packed entries and touches neither them nor their vmas.
//
// A fork is one insertion at any depth, where a chain copies a link for each ancestor; an exit is
// one removal. Where chains are wanted (I4, I5), they are the paths to the root, with the same
// anon_vmas as under chain_tree. Needs a tree lock (compat.hpp). Ours; Linux has nothing like it.

#include <cstddef>
#include <cstdint>

#include <rmap/core/check.hpp>
#include <rmap/core/types.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/topologies/concept.hpp>
#include <rmap/topologies/cow_block.hpp>
#include <rmap/topologies/cow_glance.hpp>
#include <rmap/topologies/cow_kids.hpp>
#include <rmap/topologies/cow_kin.hpp>
#include <rmap/topologies/cow_late.hpp>
#include <rmap/topologies/cow_pieces.hpp>
#include <rmap/topologies/cow_pool.hpp>
#include <rmap/topologies/cow_sole.hpp>
#include <rmap/topologies/cow_spares.hpp>
#include <rmap/topologies/cow_valid.hpp>
#include <rmap/topologies/cow_walk.hpp>
#include <rmap/topologies/own.hpp>

namespace rmap::inline RMAP_ABI {

namespace topologies {

struct late_cow_tree;

struct cow_tree : own_anon_vma, cow_spares {
    static constexpr walk_order order = walk_order::ancestry;
    static constexpr bool end_is_key = true;
    static constexpr bool has_links = true;
    static constexpr bool graph_is_reference = true;
    // What it allocates are not links, a number of them for a chain, but blocks: most often none or
    // one for an operation; which ones, it tells under the lock (lacks_*).
    static constexpr bool keeps_blocks = true;
    // The capacities of which a copy takes one at most, where its anon_vma has fewer than 2^16
    // vmas: each level of the index over its blocks that is full takes one more (cow_index.hpp).
    static constexpr std::uint32_t copy_blocks[] = {4, 16, 32, 32, 32};
    // An update changes what belongs to other members of the family.
    static constexpr bool needs_tree_lock = true;

    template <class Policy>
    using link = cow_block<Policy>;
    template <class Policy>
    using link_list = cow_list<Policy>;

    template <class Policy>
    using block_pool = cow_pool<Policy>;

    /// What an anon_vma carries. Read holding the tree lock, written holding it exclusively.
    template <class Policy>
    class anchor {
        template <class T>
        using field = cow_field<Policy, T>;
        template <class T>
        using plain = typename Policy::atomics::template plain<T>;

    public:
        [[nodiscard]] bool empty() const noexcept { return members == 0 && kids.get() == nullptr; }

        // What a glance asks of the one vma. First, on the line of what stands before.
        [[no_unique_address]] cow_sole_of<Policy> sole{};
        field<void*> pieces{nullptr};  // members == 1: the vma's hook; more: blocks
        field<void*> kids{nullptr};    // EITHER blocks with the children's entries OR the one child
        plain<void*> where{nullptr};  // EITHER the own entry's block OR the parent; null: no parent
        field<std::uint32_t> members{0};  // vmas at home here; of the first that waits, how many do
        // Where in that block. A root has none: how many members of the family are without active
        // vmas, up to `many`, which it then says for good.
        plain<std::uint16_t> slot{0};
        // A root's: what fork_takes_fresh() tells. Read by anyone who keeps a vma of the family,
        // without a lock; written holding the tree lock exclusively.
        typename Policy::atomics::template atomic<bool> takes_fresh{true};

        static constexpr std::uint16_t many = UINT16_MAX;
    };

    /// What a vma carries.
    template <class Policy>
    class vma_hook : public own_hook<Policy> {
    public:
        vma_hook() noexcept = default;
        vma_hook(const vma_hook&) = delete;
        vma_hook& operator=(const vma_hook&) = delete;
        ~vma_hook() {
            RMAP_CHECK(Policy, home_.get() == nullptr, destroyed_while_linked,
                       "a vma was destroyed before it was unlinked");
        }

    private:
        friend cow_tree;
        friend late_cow_tree;
        friend cow_late<Policy>;
        friend cow_valid<Policy>;
        // Where it is filed: its own anon_vma, or a descendant of that where a fork child took over
        // an ancestor's. Read holding the address space's lock OR the tree lock, written holding
        // the tree lock exclusively AND EITHER the former exclusively OR the page_table_lock.
        typename Policy::atomics::template plain<anon_vma<Policy>*> home_{nullptr};
    };

    // ---- readers ------------------------------------------------------------------------------

    /// A fork child: at home below a root. Needs the address space's lock.
    template <class Policy>
    [[nodiscard]] static bool inherited(const vma_hook<Policy>& v) noexcept {
        return own<Policy>(v) != nullptr && !v.home_.get()->is_root();
    }

    /// How many blocks a copy may take. Needs the address space's lock.
    template <class Policy>
    [[nodiscard]] static std::size_t links_of(const vma_hook<Policy>& v) noexcept {
        return own<Policy>(v) == nullptr ? 0 : 1;
    }

    /// Calls f(anon_vma&) for each anon_vma that leads to the vma, newest first. Needs the tree
    /// lock, as ancestors are the family's.
    template <class Policy, class F>
    static void for_each_link(const vma_hook<Policy>& v, F f) {
        for (anon_vma<Policy>* av = v.home_; av != nullptr; av = parent_of(*av))
            f(*av);
    }

    /// Calls f(place) for each vma in the subtree of `av` whose range covers `index`, until f
    /// returns false. Needs the walk guard. Returns whether it came to the end.
    template <class Map, class F>
    [[gnu::always_inline]] static inline bool visit(Map&, anon_vma<typename Map::policy>& av,
                                                    pgoff_t index, F f) {
        return cow_walk<Map>::covering(av, index, f);
    }

    /// Without the lock: cow_glance.hpp. Whether the page has one place, for which nothing but `av`
    /// is looked at.
    template <class Map>
    [[nodiscard]] [[gnu::always_inline]] static inline bool glance_at_one(
        const anon_vma<typename Map::policy>& av, pgoff_t index, cow_glanced_place& place) noexcept
        requires cow_glances<typename Map::policy>
    {
        return cow_glance<Map>::is_one(av, index, place);
    }
    /// The places, if they are few. False: too many, or entries that do not tell.
    template <class Map, class Places, class Still>
    [[nodiscard]] static bool glance(Map&, const anon_vma<typename Map::policy>& av, pgoff_t index,
                                     Places& out, Still still) noexcept
        requires cow_glances<typename Map::policy>
    {
        return cow_glance<Map>::gather(av, index, out, still);
    }

    /// The same for every vma, whatever its range; f takes a Vma&.
    template <class Map, class F>
    [[gnu::always_inline]] static inline bool visit_all(Map&, anon_vma<typename Map::policy>& av,
                                                        F f) {
        return cow_walk<Map>::all(av, f);
    }

    /// Whether the pieces, the children and the own entry of `av` say what is so (I9).
    template <class Map>
    [[nodiscard]] static bool valid(Map&, anon_vma<typename Map::policy>& av) noexcept {
        return cow_valid<typename Map::policy>::template check<Map>(av);
    }

    // ---- what is missing, under the update guard: the capacity of a block that is not among those
    // that the operation has; 0 if nothing is. What is asked is done next, or nothing.

    template <class Map>
    [[nodiscard]] static std::uint32_t lacks_first(const anon_vma<typename Map::policy>& av,
                                                   const typename Map::vma_type& v,
                                                   link_list<typename Map::policy>& has) noexcept {
        return cow_pieces<Map>::lacks(av, v, nullptr, has);
    }
    template <class Map>
    [[nodiscard]] static std::uint32_t lacks_copy(typename Map::vma_type& from,
                                                  link_list<typename Map::policy>& has) noexcept {
        return cow_pieces<Map>::lacks(*Map::hook_of(from).home_.get(), from, &from, has);
    }
    /// `reuses`: the child takes over an anon_vma that is there.
    template <class Map>
    [[nodiscard]] static std::uint32_t lacks_fork(typename Map::vma_type& parent, bool reuses,
                                                  link_list<typename Map::policy>& has) noexcept {
        if (reuses) return lacks_copy<Map>(parent, has);
        const std::uint32_t capacity = cow_kids<Map>::lacks(*Map::hook_of(parent).home_.get());
        return capacity == 0 || has.has(capacity) ? 0 : capacity;
    }

    // ---- changes, under the update guard --------------------------------------------------------

    /// Files `v` under `av`, behind what is there.
    template <class Map>
    static void attach(Map& map, typename Map::vma_type& v, anon_vma<typename Map::policy>& av,
                       link_list<typename Map::policy>& from) noexcept {
        file<Map>(map, v, av, nullptr, from);
    }

    /// Files `to` where `from` is, behind it. `seen(anon_vma&)` is called for each anon_vma that
    /// leads there, oldest last.
    template <class Map, class F>
    static void copy_chain(Map& map, typename Map::vma_type& to, typename Map::vma_type& from,
                           link_list<typename Map::policy>& links, F seen) noexcept {
        anon_vma<typename Map::policy>& home = *Map::hook_of(from).home_.get();
        file<Map>(map, to, home, &from, links);
        for (auto* av = &home; av != nullptr; av = parent_of(*av))
            seen(*av);
    }

    /// The oldest anon_vma that leads to `parent` and that `may_reuse` accepts, or null.
    template <class Map, class F>
    [[nodiscard]] static anon_vma<typename Map::policy>* reusable(typename Map::vma_type& parent,
                                                                  F may_reuse) noexcept {
        anon_vma<typename Map::policy>* const home = Map::hook_of(parent).home_;
        anon_vma<typename Map::policy>* oldest = nullptr;
        for (auto* av = home; av != nullptr; av = parent_of(*av)) {
            if (may_reuse(*av)) oldest = av;
        }
        return oldest;
    }

    /// Files the vma of a fork child under `fresh`, and that under the home of `parent`.
    template <class Map>
    [[gnu::always_inline]] static inline void attach_child(
        Map& map, typename Map::vma_type& child, typename Map::vma_type& parent,
        anon_vma<typename Map::policy>& fresh, link_list<typename Map::policy>& from) noexcept {
        anon_vma<typename Map::policy>& home = *Map::hook_of(parent).home_.get();
        hold_alone<Map>(fresh, child);
        const bool is_first = home.links.kids.get() == nullptr;
        cow_kids<Map>::add(home, fresh, child, from);
        if (is_first) [[unlikely]]
            cow_kids<Map>::mirror_less(home);
        check_valid(map, home);
    }

    /// Takes `v` out of its home, and what has neither vmas nor children then out of the tree:
    /// `emptied(anon_vma&)` is called for each, newest first; blocks go to `spent`.
    template <class Map, class F>
    [[gnu::always_inline]] static inline void detach(Map& map, typename Map::vma_type& v,
                                                     link_list<typename Map::policy>& spent,
                                                     F emptied) noexcept {
        auto* home = Map::hook_of(v).home_.get();
        Map::hook_of(v).home_ = nullptr;
        if (home->links.members != 1) {
            remove_of_several<Map>(*home, v, spent);
            return check_valid(map, *home);
        }
        home->links.members = 0;
        home->links.pieces = nullptr;
        prune(map, *home, spent, emptied);
    }

    /// `change()` changes the vma's range (I9).
    template <class Map, class F>
    static void rerange(Map& map, typename Map::vma_type& v, F change) noexcept {
        anon_vma<typename Map::policy>& home = *Map::hook_of(v).home_.get();
        if (cow_pieces<Map>::rerange(home, v, change)) cow_kids<Map>::mirror(home, true);
        check_valid(map, home);
    }
    /// `change()` gives `v` what `upper` leaves it of its range; `upper` is filed behind it.
    template <class Map, class F>
    static void divide(Map& map, typename Map::vma_type& v, typename Map::vma_type& upper,
                       link_list<typename Map::policy>& from, F change) noexcept {
        anon_vma<typename Map::policy>& home = *Map::hook_of(v).home_.get();
        Map::hook_of(upper).home_ = &home;
        if (cow_pieces<Map>::divide(home, v, upper, from, change)) cow_kids<Map>::mirror(home);
        check_valid(map, home);
    }
    template <class Policy>
    [[nodiscard]] static bool may_absorb(const vma_hook<Policy>& v,
                                         const vma_hook<Policy>& gone) noexcept {
        return v.home_.get() == gone.home_.get();
    }
    /// `change()` gives `v` the range of `gone` as well, which is taken out of their home.
    template <class Map, class F>
    static void absorb(Map& map, typename Map::vma_type& v, typename Map::vma_type& gone,
                       link_list<typename Map::policy>& spent, F change) noexcept {
        anon_vma<typename Map::policy>& home = *Map::hook_of(v).home_.get();
        Map::hook_of(gone).home_ = nullptr;
        if (cow_pieces<Map>::absorb(home, v, gone, spent, change)) {
            cow_kids<Map>::mirror(home, true);
        }
        check_valid(map, home);
    }
    /// The same in two steps, around the change.
    template <class Map>
    static void unkey(Map&, typename Map::vma_type& v) noexcept {
        cow_pieces<Map>::open(*Map::hook_of(v).home_.get(), v);
    }
    template <class Map>
    static void rekey(Map& map, typename Map::vma_type& v) noexcept {
        anon_vma<typename Map::policy>& home = *Map::hook_of(v).home_.get();
        cow_pieces<Map>::close(home, v);
        cow_kids<Map>::mirror(home, true);
        check_valid(map, home);
    }

protected:
    template <class Policy>
    [[nodiscard]] static anon_vma<Policy>* parent_of(const anon_vma<Policy>& av) noexcept {
        return cow_kin<Policy>::parent_of(av);
    }

    // `fresh` gets its first vma.
    template <class Map>
    static void hold_alone(anon_vma<typename Map::policy>& fresh,
                           typename Map::vma_type& v) noexcept {
        Map::hook_of(v).home_ = &fresh;
        fresh.links.members = 1;
        fresh.links.pieces = &Map::hook_of(v);
        cow_pieces<Map>::tell_glances(fresh);
    }
    template <class Map>
    [[gnu::noinline]] static void remove_of_several(
        anon_vma<typename Map::policy>& home, typename Map::vma_type& v,
        link_list<typename Map::policy>& spent) noexcept {
        static_cast<void>(cow_pieces<Map>::remove(home, v, spent));
        cow_kids<Map>::mirror_less(home);
    }

    // What has neither vmas nor children goes, from `at` on upwards.
    template <class Map, class F>
    [[gnu::always_inline]] static inline void prune(Map& map, anon_vma<typename Map::policy>& at,
                                                    link_list<typename Map::policy>& spent,
                                                    F& emptied) noexcept {
        auto* home = &at;
        while (home->links.empty()) {
            home->links.sole.say_nothing();
            auto* const parent = cow_kids<Map>::remove(*home, spent);
            emptied(*home);
            if (parent == nullptr) {
                home->links.slot = 0;
                return foresee(*home);
            }
            home = parent;
            if (home->links.kids.get() != nullptr) {
                check_valid(map, *home);
                return;
            }
            if (home->links.members != 0) break;
        }
        cow_kids<Map>::mirror_less(*home);
        check_valid(map, *home);
    }

    template <class Map>
    static void file(Map& map, typename Map::vma_type& v, anon_vma<typename Map::policy>& home,
                     const typename Map::vma_type* behind,
                     link_list<typename Map::policy>& from) noexcept {
        Map::hook_of(v).home_ = &home;
        if (cow_pieces<Map>::add(home, v, behind, from)) cow_kids<Map>::mirror(home);
        check_valid(map, home);
    }

    // At debug level 3, after every change.
    template <class Map>
    static void check_valid([[maybe_unused]] Map& map,
                            [[maybe_unused]] anon_vma<typename Map::policy>& av) noexcept {
        RMAP_CHECK_VALID(
            typename Map::policy, valid(map, av), chain_invalid,
            "what an anon_vma holds is not what its entries say, or a range changed in "
            "place");
    }
};

}  // namespace topologies

}  // namespace rmap::inline RMAP_ABI
