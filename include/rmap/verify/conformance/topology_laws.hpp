// SPDX-License-Identifier: BSL-1.0
#pragma once

// The laws of a topology, looked at by random scripts against a plain account of what is mapped
// where. A topology without links is asked for what a walk shows; one with links also for what they
// are. What only some single step shows is in topology_steps.hpp; walks beside updates are explored
// by discipline_walks.hpp.

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <rmap/verify/conformance/script.hpp>
#include <rmap/verify/invariants.hpp>

namespace rmap::inline RMAP_ABI::verify {

inline constexpr law topology_laws[] = {
    {"topology.meets_all",
     "A walk meets every place where the page is mapped, also on a vma's first and last page "
     "(I1)."},
    {"topology.meets_once", "A walk meets no place twice, and none that is not there (I2)."},
    {"topology.meets_what_covers",
     "visit() hands over linked vmas whose ranges cover the index, and, if the topology has links, "
     "all of those."},
    {"topology.stops_early",
     "visit() and visit_all() end where f returns false, and tell whether they came to the end."},
    {"topology.order",
     "A walk meets the vmas of one offset in the order that `order` states, and "
     "order_tail(), if there is one, makes a vma the last."},
    {"topology.range_changes", "After a change of its range a vma is found by the new one (I9)."},
    {"topology.chains", "A copy of a chain is like the original, and in its order (I5, I15)."},
    {"topology.links_of", "links_of() is how many link objects a copy of the chain takes."},
    {"topology.own",
     "own() is what set_own() published, inherited() what the links say, and both "
     "are nothing for a vma that is linked nowhere (I6, I13)."},
    {"topology.emptied",
     "An anon_vma is told to be empty when its last vma leaves, not before (I10, "
     "I11)."},
    {"topology.gives_back", "Every link comes back, once."},
    {"topology.asks_for_no_memory", "It takes the links that it is given, and allocates nothing."},
    {"topology.steps_singly",
     "If it says steps_singly: links of vmas that do not cover the index "
     "may come, go and move between two calls of f."},
    {"topology.publishes", "Who sees a vma's own anon_vma finds the vma there, without a lock."},
    {"topology.beside_updates",
     "Under a complete discipline, a walk beside updates meets all, and nothing is raced for."},
    {"topology.sound", "No check of the library fails, no other invariant breaks."},
};

namespace conformance {

struct topology_law {
    static constexpr const law& meets_all = topology_laws[0];
    static constexpr const law& meets_once = topology_laws[1];
    static constexpr const law& meets_what_covers = topology_laws[2];
    static constexpr const law& stops_early = topology_laws[3];
    static constexpr const law& order = topology_laws[4];
    static constexpr const law& range_changes = topology_laws[5];
    static constexpr const law& chains = topology_laws[6];
    static constexpr const law& links_of = topology_laws[7];
    static constexpr const law& own = topology_laws[8];
    static constexpr const law& emptied = topology_laws[9];
    static constexpr const law& gives_back = topology_laws[10];
    static constexpr const law& asks_for_no_memory = topology_laws[11];
    static constexpr const law& steps_singly = topology_laws[12];
    static constexpr const law& publishes = topology_laws[13];
    static constexpr const law& beside_updates = topology_laws[14];
    static constexpr const law& sound = topology_laws[15];

    /// The law that an invariant of verify/invariants.hpp belongs to.
    [[nodiscard]] static const law& of_invariant(int number) noexcept {
        switch (number) {
            case 1: return meets_all;
            case 2: return meets_once;
            case 5:
            case 15: return chains;
            case 6:
            case 13: return own;
            case 9: return range_changes;
            case 10:
            case 11: return emptied;
            case 14: return gives_back;
            default: return sound;
        }
    }
};

/// What a world shows of the topology, after each step.
template <class World>
class topology_look {
    using map = typename World::map_type;
    using policy = typename World::policy;
    using topology = typename policy::topology;
    using vma = typename World::vma;
    using av_type = anon_vma<policy>;

public:
    breach operator()(World& w) const {
        std::vector<av_type*> known;
        for (vma* v : w.alive()) {
            if (breach b = vma_wrong(*v); b.of != nullptr) return b;
            note(known, map::nearest(*v));
            if constexpr (topology::has_links) {
                map::for_each_link(*v, [&](av_type& av) { note(known, &av); });
            }
        }
        for (av_type* av : known) {
            if (breach b = visits_wrong(w, *av); b.of != nullptr) return b;
        }
        for (const violation& v : check(w)) {
            return {&topology_law::of_invariant(v.invariant),
                    "I" + std::to_string(v.invariant) + ": " + v.text};
        }
        return {};
    }

private:
    static void note(std::vector<av_type*>& known, av_type* av) {
        if (av != nullptr && std::find(known.begin(), known.end(), av) == known.end()) {
            known.push_back(av);
        }
    }
    [[nodiscard]] static std::string name(const vma& v) { return "v" + std::to_string(v.number); }

    static breach vma_wrong(vma& v) {
        if (!map::linked(v) && v.linked_at != 0) {
            return {&topology_law::own, name(v) + " was linked, and has no own anon_vma"};
        }
        if constexpr (topology::has_links) {
            std::size_t links = 0;
            map::for_each_link(v, [&](av_type&) { ++links; });
            const std::size_t objects = links * objects_a_link<topology>;
            if (!keeps_blocks<topology> &&
                topology::template links_of<policy>(map::hook_of(v)) != objects) {
                return {&topology_law::links_of, name(v) + " has " + std::to_string(links) +
                                                     " links, and links_of() is another number"};
            }
            // A late vma is linked to all but what it will have.
            if (map::inherited(v) !=
                (tells_inherited<topology> && (links > 1 || map::late(v)))) {
                return {&topology_law::own, name(v) + " has " + std::to_string(links) +
                                                " links, and inherited() says otherwise"};
            }
        }
        return {};
    }

    [[nodiscard]] static bool linked([[maybe_unused]] vma& v, [[maybe_unused]] av_type& av) {
        bool found = !topology::has_links;
        if constexpr (topology::has_links) {
            map::for_each_link(v, [&](av_type& l) { found = found || &l == &av; });
        }
        return found;
    }
    [[nodiscard]] static bool covers(const vma& v, pgoff_t index) {
        return index >= v.pgoff() && index - v.pgoff() < v.pages();
    }

    static breach visits_wrong(World& w, av_type& av) {
        std::vector<pgoff_t> at;  // the borders of each vma, and what is behind them
        for (vma* v : w.alive()) {
            for (pgoff_t i : {v->pgoff() - 1, v->pgoff(), v->pgoff() + v->pages() - 1,
                              v->pgoff() + v->pages()}) {
                at.push_back(i);
            }
        }
        std::sort(at.begin(), at.end());
        at.erase(std::unique(at.begin(), at.end()), at.end());
        for (pgoff_t index : at) {
            std::vector<vma*> met;
            const bool to_the_end = topology::visit(w.map(), av, index, [&](const auto& place) {
                met.push_back(&place.vma());
                return met.size() <= w.alive().size();
            });
            if (breach b = met_wrong(w, av, index, met, to_the_end); b.of != nullptr) return b;
        }
        std::vector<vma*> all;
        const bool to_the_end = topology::visit_all(w.map(), av, [&](vma& v) {
            all.push_back(&v);
            return all.size() <= w.alive().size();
        });
        for (vma* v : w.alive()) {
            const auto times = std::count(all.begin(), all.end(), v);
            if (topology::has_links && (times == 1) != linked(*v, av)) {
                return {
                    &topology_law::meets_what_covers,
                    "visit_all() hands " + name(*v) + " over " + std::to_string(times) + " times"};
            }
        }
        if (!to_the_end) {
            return {&topology_law::stops_early,
                    "visit_all() says that it was stopped, or does not "
                    "come to an end"};
        }
        return {};
    }

    static breach met_wrong(World& w, av_type& av, pgoff_t index, const std::vector<vma*>& met,
                            bool to_the_end) {
        const std::string here = "at offset " + std::to_string(index) + " ";
        for (std::size_t i = 0; i != met.size(); ++i) {
            if (std::find(w.alive().begin(), w.alive().end(), met[i]) == w.alive().end()) {
                return {&topology_law::meets_once, here + "a vma is met that is gone"};
            }
            if (std::count(met.begin(), met.end(), met[i]) != 1) {
                return {&topology_law::meets_once, here + name(*met[i]) + " is met twice"};
            }
            if (!covers(*met[i], index) || !linked(*met[i], av)) {
                return {&topology_law::meets_what_covers,
                        here + name(*met[i]) +
                            " is met, which does not cover that, or is not "
                            "linked"};
            }
            for (std::size_t j = i + 1; j != met.size(); ++j) {
                if (wrong_order(*met[i], *met[j])) {
                    return {&topology_law::order,
                            here + name(*met[i]) + " is met before " + name(*met[j])};
                }
            }
        }
        if constexpr (topology::has_links) {
            for (vma* v : w.alive()) {
                if (linked(*v, av) && covers(*v, index) &&
                    std::find(met.begin(), met.end(), v) == met.end()) {
                    return {v->keyed_at > v->linked_at ? &topology_law::range_changes
                                                       : &topology_law::meets_all,
                            here + name(*v) + " is not met, though it is linked and covers that"};
                }
            }
        }
        if (!to_the_end) {
            return {&topology_law::stops_early, here + "visit() says that it was stopped"};
        }
        for (std::size_t stop = 1; stop <= met.size(); ++stop) {
            std::size_t calls = 0;
            const bool end =
                topology::visit(w.map(), av, index, [&](const auto&) { return ++calls != stop; });
            if (calls != stop || end) {
                return {&topology_law::stops_early, here + "f returned false at call " +
                                                        std::to_string(stop) + " of " +
                                                        std::to_string(calls)};
            }
        }
        return {};
    }

    [[nodiscard]] static const vma* of(const vma& v) noexcept { return v.came_of; }
    /// Whether `b` must come before `a`.
    [[nodiscard]] static bool wrong_order(const vma& a, const vma& b) {
        if constexpr (topology::order == walk_order::ancestry) {
            for (const vma* from = of(a); from != nullptr; from = of(*from)) {
                if (from == &b) return true;
            }
            return false;
        }
        if constexpr (topology::order == walk_order::offset) {
            if (a.pgoff() != b.pgoff()) return a.pgoff() > b.pgoff();
            // One that was put elsewhere meanwhile may have come to stand behind.
            if (b.keyed_at > a.linked_at) return false;
        }
        return b.linked_at < a.linked_at;
    }
};

}  // namespace conformance

}  // namespace rmap::inline RMAP_ABI::verify
