// SPDX-License-Identifier: BSL-1.0
#pragma once

// The laws of a topology that is exact (topologies/pte_chain.hpp): of those in topology_laws.hpp
// the ones that can be asked of it. The same random scripts, which tell the map of every entry that
// comes, moves and goes; then one entry more, one less, one copied, one moved, and all taken over
// by another page, each explored beside a walk of the page.

#include <cstddef>
#include <string>
#include <vector>

#include <rmap/merges/adjacent.hpp>
#include <rmap/verify/conformance/script.hpp>
#include <rmap/verify/conformance/topology_laws.hpp>
#include <rmap/verify/conformance/topology_steps.hpp>
#include <rmap/verify/invariants.hpp>

namespace rmap::inline RMAP_ABI::verify::conformance {

/// What a world shows of an exact topology, after each step.
template <class World>
class exact_look {
    using map = typename World::map_type;
    using topology = typename World::policy::topology;
    using vma = typename World::vma;
    using page = typename World::page;

public:
    breach operator()(World& w) const {
        for (vma* v : w.alive()) {
            const std::string name = "v" + std::to_string(v->number);
            if (map::own(*v) == nullptr && v->linked_at != 0) {
                return {&topology_law::own, name + " was linked, and has no own anon_vma"};
            }
            if (map::own(*v) != nullptr && map::own(*v)->links.empty()) {
                return {&topology_law::emptied, name + "'s anon_vma says that it has no vma"};
            }
        }
        for (const violation& v : check(w)) {
            return {&topology_law::of_invariant(v.invariant),
                    "I" + std::to_string(v.invariant) + ": " + v.text};
        }
        breach found;
        w.for_each_mm([&](auto& m) {
            w.for_each_mapping(m, [&](pgno, page& p) {
                if (found.of == nullptr) found = stopped(w, p);
            });
        });
        return found;
    }

private:
    /// A walk that ends at each place.
    static breach stopped(World& w, page& p) {
        for (std::size_t stop = 1; stop <= p.mapcount(); ++stop) {
            std::size_t calls = 0;
            static_cast<void>(w.map().walk(p, [&](const auto&) { return ++calls != stop; }));
            if (calls == stop) continue;
            return {&topology_law::stops_early, "the visitor returned false at call " +
                                                    std::to_string(stop) + " of " +
                                                    std::to_string(calls)};
        }
        return {};
    }
};

/// Everything that is known of exact topologies.
template <class Topology>
class exact_suite {
    using policy = explored_policy<locking::root, Topology, merges::adjacent>;
    using world = script_world<policy>;
    using map_type = typename world::map_type;
    using mm = typename world::mm;
    using page = typename world::page;
    using law_of = topology_law;

public:
    explicit exact_suite(suite& of) : s_{&of} {}

    void run() {
        for (const law* l : {&law_of::meets_what_covers, &law_of::order, &law_of::range_changes,
                             &law_of::chains, &law_of::steps_singly, &law_of::publishes}) {
            s_->not_claimed(*l, "it is about walks from an anon_vma, and the topology is exact");
        }
        scripts<world, exact_look<world>> random{*s_, law_of::gives_back, law_of::sound, {}};
        random.run({&law_of::meets_all, &law_of::meets_once, &law_of::stops_early, &law_of::own,
                    &law_of::emptied, &law_of::gives_back, &law_of::sound});
        topology_steps<policy>{*s_}.run_exact();
        changes<0>();
        changes<1>();
        changes<2>();
        explored("a move", moved);
        explored("a copy beside one who unmaps", copied);
        explored("another page takes over", taken_over);
        explored("another page takes over what is unmapped", taken_while_unmapped);
    }

private:
    template <class Scenario>
    void explored(const char* story, Scenario scenario) {
        const credits to = {{failure_kind::leak, &law_of::gives_back},
                            {failure_kind::double_free, &law_of::gives_back}};
        for (const bool weak : {false, true}) {
            explore_options with{};
            with.weak = weak;
            s_->explored(law_of::beside_updates, story, with, scenario, to);
        }
    }

    /// A page and who maps it; `mapped_at` of a space says where, 0: nowhere.
    struct scene {
        ~scene() {
            for (mm& in : space)
                if (in.mapped_at != 0) unmaps(p.mapped() ? p : other, in);
        }
        void maps(mm& in, pgno at) {
            bool done = false;
            ok(map.add_place(map.memory(), p, in, at, done, [&] { return set(in, at); }));
        }
        bool set(mm& in, pgno at) {
            const write_guard pte{in.pte_lock};
            in.mapped_at = at;
            p.add_mapping();
            return true;
        }
        /// False: somebody else has done so.
        static bool clears(page& of, mm& in) {
            const write_guard pte{in.pte_lock};
            if (in.mapped_at == 0) return false;
            in.mapped_at = 0;
            of.remove_mapping();
            return true;
        }
        void unmaps(page& of, mm& in) {
            const pgno at = in.mapped_at;
            if (clears(of, in)) map.remove_place(of, in, at);
        }
        /// In how many places a walk meets a mapping.
        unsigned met(page& of) {
            unsigned n = 0;
            static_cast<void>(map.walk(of, [&](const auto& place) {
                const write_guard pte{place.mm().pte_lock};
                n += place.mm().mapped_at == place.address() ? 1U : 0U;
            }));
            return n;
        }
        map_type map{};
        mm space[4];
        page p{}, other{};
    };

    /// One more and one less of `Before` places, beside a walk.
    template <unsigned Before>
    void changes() {
        explored(Before == 0   ? "the first place"
                 : Before == 1 ? "a second place"
                               : "a third place",
                 [](test& t) {
                     scene s;
                     for (unsigned i = 0; i != Before; ++i)
                         s.maps(s.space[i], 10);
                     t.thread("changes", [&] {
                         s.maps(s.space[3], 11);
                         s.unmaps(s.p, s.space[3]);
                     });
                     t.thread("walks", [&] {
                         const bool mapped = s.p.mapped();
                         const unsigned n = s.met(s.p);
                         require(n == Before || n == Before + 1,
                                 "a place was missed, or met twice");
                         require(mapped || Before == 0, "a page lost its count");
                     });
                     t.run();
                     require(s.met(s.p) == Before, "a place was lost, or is left");
                 });
    }

    static void moved(test& t) {
        scene s;
        for (mm* in : {&s.space[0], &s.space[1], &s.space[2]})
            s.maps(*in, 10);
        t.thread("moves", [&] {
            const bool done = map_type::move_place(s.p, s.space[0], 10, 12, [&] {
                const write_guard pte{s.space[0].pte_lock};
                s.space[0].mapped_at = 12;
                return true;
            });
            require(done, "it did not move");
        });
        t.thread("walks", [&] { require(s.met(s.p) == 3, "a place that moves was missed"); });
        t.run();
        require(s.met(s.p) == 3, "a place was lost");
    }

    /// A fork copies an entry, while the page is taken from wherever it is mapped.
    static void copied(test& t) {
        scene s;
        s.maps(s.space[0], 10);
        bool copy = false;
        t.thread("forks", [&] {
            ok(s.map.add_place(s.map.memory(), s.p, s.space[1], 10, copy, [&] {
                const write_guard pte{s.space[0].pte_lock};
                return s.space[0].mapped_at != 0 && s.set(s.space[1], 10);
            }));
        });
        t.thread("unmaps", [&] {
            static_cast<void>(s.map.walk(s.p, [&](const auto& place) {
                if (scene::clears(s.p, place.mm())) place.gone();
            }));
        });
        t.run();
        require(s.space[0].mapped_at == 0, "a place was missed");
        require(s.met(s.p) == s.p.mapcount(), "an entry was set behind the walk, and is not met");
    }

    static void taken_over(test& t) {
        scene s;
        for (mm* in : {&s.space[0], &s.space[1]})
            s.maps(*in, 10);
        t.thread("takes over", [&] { takes(s); });
        t.thread("walks", [&] {
            const unsigned n = s.met(s.p);
            require(n == 0 || n == 2, "a page was met that was half taken over");
        });
        t.run();
        require(s.met(s.p) == 0 && s.met(s.other) == 2, "a place was lost");
    }

    static void taken_while_unmapped(test& t) {
        scene s;
        for (mm* in : {&s.space[0], &s.space[1]})
            s.maps(*in, 10);
        t.thread("takes over", [&] { takes(s); });
        t.thread("unmaps", [&] {
            // Which of the two pages it was is decided under the entry's lock.
            page* of = nullptr;
            {
                const write_guard pte{s.space[0].pte_lock};
                of = s.space[0].next == 0 ? &s.p : &s.other;
                s.space[0].mapped_at = 0;
                of->remove_mapping();
            }
            s.map.remove_place(*of, s.space[0], 10);
        });
        t.run();
        require(s.met(s.p) == 0 && s.met(s.other) == 1, "a place was lost");
    }
    /// `next` of a space says that its entry is of the other page.
    static void takes(scene& s) {
        s.map.take_places(s.other, s.p, [&](const auto& place) {
            const write_guard pte{place.mm().pte_lock};
            if (place.mm().mapped_at == 0) {
                place.gone();
                return;
            }
            place.mm().next = 1;
            s.other.add_mapping();
            s.p.remove_mapping();
        });
    }

    suite* s_;
};

}  // namespace rmap::inline RMAP_ABI::verify::conformance
