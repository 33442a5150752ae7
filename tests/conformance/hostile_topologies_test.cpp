// SPDX-License-Identifier: BSL-1.0

// Topologies with one fault each are refused by the law that names it.

#include <algorithm>
#include <vector>

#include <rmap/topologies/chain_tree.hpp>

#include "support/refused.hpp"

using namespace rmap_test;

namespace {

using rmap::anon_vma;
using rmap::order;
using rmap::pgoff_t;
using sound = rmap::topologies::chain_tree;

verdicts count;

/// Chosen when the program runs, as each topology of its own costs compiling.
enum class fault {
    none,
    forgets_to_rekey,
    skips_the_last_page,
    skips_the_first,
    visits_twice,
    ignores_the_range,
    loses_the_order,
    goes_on_when_stopped,
    never_says_that_it_was_stopped,
    visit_all_stops_early,
    steps_by_position,  // among all that are linked
    copies_newest_first,
    copies_without_the_oldest,
    wants_one_link_more,
    never_inherited,
    stays_faulted,
    empties_none,
    keeps_a_link,
    allocates,
    publishes_relaxed,
    counts_walks,
};
fault planted = fault::none;

bool is(fault f) {
    return planted == f;
}

/// chain_tree, but for the fault.
struct faulty : sound {
    template <class Policy>
    struct vma_hook : sound::vma_hook<Policy> {
        typename Policy::atomics::template atomic<anon_vma<Policy>*> seen{};
    };
    template <class Policy>
    struct anchor : sound::anchor<Policy> {
        typename Policy::atomics::template plain<unsigned> walks{0};
    };
    template <class Map>
    using av_of = anon_vma<typename Map::policy>;

    template <class Policy>
    [[nodiscard]] static anon_vma<Policy>* own(const vma_hook<Policy>& v) noexcept {
        return v.seen.load(order::acquire);
    }
    template <class Policy>
    static void set_own(vma_hook<Policy>& v, anon_vma<Policy>* av) noexcept {
        sound::set_own<Policy>(v, av);
        if (is(fault::stays_faulted) && av == nullptr) return;
        v.seen.store(av, is(fault::publishes_relaxed) ? order::relaxed : order::release);
    }
    template <class Policy>
    [[nodiscard]] static bool inherited(const vma_hook<Policy>& v) noexcept {
        return !is(fault::never_inherited) && sound::inherited<Policy>(v);
    }
    template <class Policy>
    [[nodiscard]] static std::size_t links_of(const vma_hook<Policy>& v) noexcept {
        const std::size_t n = sound::links_of<Policy>(v);
        return n != 0 && is(fault::wants_one_link_more) ? n + 1 : n;
    }

    template <class Map, class F>
    static void copy_chain(Map& map, typename Map::vma_type& to, typename Map::vma_type& from,
                           link_list<typename Map::policy>& links, F seen) noexcept {
        if (!is(fault::copies_newest_first) && !is(fault::copies_without_the_oldest)) {
            return sound::copy_chain(map, to, from, links, seen);
        }
        std::vector<av_of<Map>*> chain;  // newest first
        Map::for_each_link(from, [&](av_of<Map>& av) { chain.push_back(&av); });
        if (is(fault::copies_without_the_oldest)) {
            if (chain.size() > 1) chain.pop_back();
            std::reverse(chain.begin(), chain.end());
        }
        for (av_of<Map>* av : chain) {
            sound::attach(map, to, *av, links);
            seen(*av);
        }
    }

    template <class Map, class F>
    static void detach(Map& map, typename Map::vma_type& v, link_list<typename Map::policy>& spent,
                       F emptied) noexcept {
        sound::detach(map, v, spent, [&](av_of<Map>& av) noexcept {
            if (!is(fault::empties_none)) emptied(av);
        });
        auto* const last = static_cast<link<typename Map::policy>*>(spent.front());
        if (last == nullptr) return;
        if (is(fault::keeps_a_link)) spent.erase(*last);
    }

    template <class Map>
    static void unkey(Map& map, typename Map::vma_type& v) noexcept {
        if (!is(fault::forgets_to_rekey)) sound::unkey(map, v);
    }
    template <class Map>
    static void rekey(Map& map, typename Map::vma_type& v) noexcept {
        if (!is(fault::forgets_to_rekey)) sound::rekey(map, v);
        if (is(fault::allocates)) {
            void* const block = map.memory().allocate(8, 8);
            map.memory().deallocate(block, 8, 8);
        }
    }

    template <class Map, class F>
    static bool visit(Map& map, av_of<Map>& av, pgoff_t index, F f) {
        using place = rmap::vma_place<Map>;
        if (is(fault::counts_walks)) av.links.walks = av.links.walks + 1;
        if (is(fault::ignores_the_range)) {
            return sound::visit_all(map, av, [&](auto& v) { return f(place{v, index}); });
        }
        if (is(fault::steps_by_position)) {
            for (unsigned n = 0;; ++n) {
                typename Map::vma_type* nth = nullptr;
                unsigned at = 0;
                sound::visit_all(map, av, [&](auto& v) {
                    nth = at++ == n ? &v : nullptr;
                    return nth == nullptr;
                });
                if (nth == nullptr) return true;
                const bool covers = index >= nth->pgoff() && index - nth->pgoff() < nth->pages();
                if (covers && !f(place{*nth, index})) return false;
            }
        }
        if (is(fault::loses_the_order)) {
            std::vector<typename Map::vma_type*> all;
            sound::visit(map, av, index, [&](const auto& at) {
                all.push_back(&at.vma());
                return true;
            });
            std::reverse(all.begin(), all.end());
            for (auto* v : all) {
                if (!f(place{*v, index})) return false;
            }
            return true;
        }
        bool first = true;
        const bool end = sound::visit(map, av, index, [&](const auto& at) {
            const auto& v = at.vma();
            if (is(fault::skips_the_last_page) && index == v.pgoff() + v.pages() - 1) return true;
            const bool skipped = first && is(fault::skips_the_first);
            first = false;
            if (skipped) return true;
            if (is(fault::visits_twice) && !f(at)) return false;
            return f(at) || is(fault::goes_on_when_stopped);
        });
        return end || is(fault::never_says_that_it_was_stopped);
    }
    template <class Map, class F>
    static bool visit_all(Map& map, av_of<Map>& av, F f) {
        return sound::visit_all(map, av,
                                [&](auto& v) { return f(v) && !is(fault::visit_all_stops_early); });
    }
};

/// Nothing is wrong, but it says that an end is no key.
struct says_end_is_no_key : sound {
    static constexpr bool end_is_key = false;
};
void refused(fault f, const char* name, const char* law) {
    planted = f;
    count.refused(name, law, [](auto sink) { verify::topology_conforms<faulty>(sink); });
    planted = fault::none;
}
#define RMAP_REFUSED(what, law) refused(fault::what, #what, law)

}  // namespace

int main() {
    count.conforms("no fault", [](auto sink) { verify::topology_conforms<faulty>(sink); });
    RMAP_REFUSED(forgets_to_rekey, "topology.range_changes");
    RMAP_REFUSED(skips_the_last_page, "topology.meets_all");
    RMAP_REFUSED(skips_the_first, "topology.meets_all");
    RMAP_REFUSED(visits_twice, "topology.meets_once");
    RMAP_REFUSED(ignores_the_range, "topology.meets_what_covers");
    RMAP_REFUSED(loses_the_order, "topology.order");
    RMAP_REFUSED(goes_on_when_stopped, "topology.stops_early");
    RMAP_REFUSED(never_says_that_it_was_stopped, "topology.stops_early");
    RMAP_REFUSED(visit_all_stops_early, "topology.stops_early");
    RMAP_REFUSED(steps_by_position, "topology.steps_singly");
    RMAP_REFUSED(copies_newest_first, "topology.chains");
    RMAP_REFUSED(copies_without_the_oldest, "topology.chains");
    RMAP_REFUSED(wants_one_link_more, "topology.links_of");
    RMAP_REFUSED(never_inherited, "topology.own");
    RMAP_REFUSED(stays_faulted, "topology.own");
    RMAP_REFUSED(empties_none, "topology.emptied");
    RMAP_REFUSED(keeps_a_link, "topology.gives_back");
    RMAP_REFUSED(allocates, "topology.asks_for_no_memory");
    RMAP_REFUSED(publishes_relaxed, "topology.publishes");
    RMAP_REFUSED(counts_walks, "topology.beside_updates");
    count.refused("says_end_is_no_key", "topology.range_changes",
                  [](auto sink) { verify::topology_conforms<says_end_is_no_key>(sink); });
    return count.exit_code();
}
