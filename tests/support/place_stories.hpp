// SPDX-License-Identifier: BSL-1.0
#pragma once

// Stories of pages under an exact topology (ops/places.hpp), for any policy of an exploration that
// has one: the map is told of entries that come, go, are copied, move, and are taken over by
// another page, beside a walk. Careless ways stand next to the right ones: they lose an entry.

#include <rmap/rmap.hpp>
#include <rmap/verify/explore.hpp>

namespace rmap_test {

template <class Policy>
struct place_stories {
    using lock_type = typename Policy::lock;
    template <class T>
    using plain = typename Policy::atomics::template plain<T>;

    struct space {
        lock_type page_table_lock{};
        lock_type entries_lock{};
        plain<bool> maps[3]{};  // whether the entry maps the page; holding entries_lock

        bool set(rmap::pgno at, bool to) {
            entries_lock.lock();
            const bool was = maps[at];
            maps[at] = to;
            entries_lock.unlock();
            return was;
        }
    };
    using page = rmap::basic_page<Policy>;
    using map_type = rmap::reverse_map<page, rmap::basic_vma<space, Policy>, Policy>;

    struct scene {
        map_type map;
        space mm[4];
        page p;

        void add(unsigned in, rmap::pgno at) {
            bool done = false;
            const rmap::status s = map.add_place(map.memory(), p, mm[in], at, done, [&] {
                mm[in].set(at, true);
                p.add_mapping();
                return true;
            });
            rmap::verify::require(s == rmap::status::ok && done, "an entry could not be set");
        }
        void remove(unsigned in, rmap::pgno at) { remove(in, at, p); }
        void remove(unsigned in, rmap::pgno at, page& of) {
            mm[in].set(at, false);
            of.remove_mapping();
            map.remove_place(of, mm[in], at);
        }
        /// How many entries that map the page a walk meets.
        unsigned met() { return met(p); }
        unsigned met(page& of) {
            unsigned n = 0;
            (void)map.walk(of, [&](const auto& place) {
                auto& in = place.mm();
                in.entries_lock.lock();
                n += in.maps[place.address()] ? 1U : 0U;
                in.entries_lock.unlock();
            });
            return n;
        }
    };

    /// One more and one less, in a chain of `Before` places, beside a walk.
    template <unsigned Before>
    static void add_and_remove(rmap::verify::test& t) {
        scene s;
        for (unsigned i = 0; i != Before; ++i)
            s.add(i, 0);
        t.thread("maps", [&] {
            s.add(3, 1);
            s.remove(3, 1);
        });
        t.thread("walks", [&] {
            const unsigned n = s.met();
            rmap::verify::require(n == Before || n == Before + 1,
                                  "an entry that is there all the time was not met");
        });
        t.run();
        rmap::verify::require(s.met() == Before, "an entry was lost for good");
        for (unsigned i = 0; i != Before; ++i)
            s.remove(i, 0);
    }

    /// Whoever sees the page mapped finds the first entry, though it asks without the lock whether
    /// there is any.
    static void first_entry(rmap::verify::test& t) {
        scene s;
        t.thread("maps", [&] { s.add(0, 0); });
        t.thread("walks", [&] {
            if (s.p.mapped()) rmap::verify::require(s.met() == 1, "a mapped page has no place");
        });
        t.run();
        s.remove(0, 0);
    }

    /// An entry is copied to another space while the page is taken from wherever it is mapped.
    template <bool Careless>
    static void copied_beside_unmap(rmap::verify::test& t) {
        scene s;
        s.add(0, 0);
        bool copied = false;
        t.thread("forks", [&] {
            const auto copy = [&] {
                s.mm[0].entries_lock.lock();
                s.mm[1].entries_lock.lock();
                const bool there = s.mm[0].maps[0];
                if (there) {
                    s.mm[1].maps[0] = true;
                    s.p.add_mapping();
                }
                s.mm[1].entries_lock.unlock();
                s.mm[0].entries_lock.unlock();
                return there;
            };
            bool done = false;
            if (Careless) done = copy();
            const rmap::status told = s.map.add_place(s.map.memory(), s.p, s.mm[1], 0, copied,
                                                      [&] { return Careless ? done : copy(); });
            rmap::verify::require(told == rmap::status::ok, "no memory");
        });
        t.thread("unmaps", [&] {
            (void)s.map.walk(s.p, [&](const auto& place) {
                if (!place.mm().set(place.address(), false)) return;
                s.p.remove_mapping();
                place.gone();
            });
            rmap::verify::require(Careless || !s.p.mapped() || s.met() == 1,
                                  "a mapping was missed");
            rmap::verify::require(!Careless || s.met() == s.p.mapcount(), "a mapping was missed");
        });
        t.run();
        if (s.mm[1].set(0, false)) {
            s.p.remove_mapping();
            s.map.remove_place(s.p, s.mm[1], 0);
        }
        rmap::verify::require(s.met() == 0 && !s.p.mapped(), "an entry is left");
    }

    /// An entry moves to another address; a walk meets it there or here.
    template <bool Careless>
    static void moved_beside_walk(rmap::verify::test& t) {
        scene s;
        s.add(0, 0);
        s.add(1, 0);
        t.thread("moves", [&] {
            const auto move = [&] {
                s.mm[0].entries_lock.lock();
                s.mm[0].maps[0] = false;
                s.mm[0].maps[2] = true;
                s.mm[0].entries_lock.unlock();
                return true;
            };
            if (Careless) move();
            rmap::verify::require(
                map_type::move_place(s.p, s.mm[0], 0, 2, [&] { return Careless ? true : move(); }),
                "it did not move");
        });
        t.thread("walks",
                 [&] { rmap::verify::require(s.met() == 2, "a moving entry was not met"); });
        t.run();
        rmap::verify::require(s.met() == 2, "an entry was lost for good");
        s.remove(0, 2);
        s.remove(1, 0);
    }

    /// Another page takes over all entries, as in a migration, while one of them is cleared.
    static void taken_over_beside_unmap(rmap::verify::test& t) {
        scene s;
        page fresh;
        for (unsigned i : {0U, 1U, 2U})
            s.add(i, 0);
        bool of_fresh[3] = {};
        t.thread("takes over", [&] {
            s.map.take_places(fresh, s.p, [&](const auto& place) {
                auto& in = place.mm();
                in.entries_lock.lock();
                if (in.maps[0]) {
                    of_fresh[&in - s.mm] = true;
                    fresh.add_mapping();
                    s.p.remove_mapping();
                } else {
                    place.gone();
                }
                in.entries_lock.unlock();
            });
        });
        t.thread("unmaps", [&] {
            auto& in = s.mm[0];
            in.entries_lock.lock();
            page& of = of_fresh[0] ? fresh : s.p;
            in.maps[0] = false;
            of.remove_mapping();
            in.entries_lock.unlock();
            s.map.remove_place(of, in, 0);
        });
        t.run();
        rmap::verify::require(s.met() == 0 && s.met(fresh) == 2, "an entry was lost, or is left");
        for (unsigned i : {1U, 2U})
            s.remove(i, 0, fresh);
    }

    /// The same beside a walk of the page that takes over, which may come before it.
    static void taken_over_beside_walk(rmap::verify::test& t) {
        scene s;
        page fresh;
        for (unsigned i : {0U, 1U})
            s.add(i, 0);
        t.thread("takes over", [&] {
            s.map.take_places(fresh, s.p, [&](const auto&) {
                fresh.add_mapping();
                s.p.remove_mapping();
            });
        });
        t.thread("walks", [&] {
            const unsigned n = s.met(fresh);
            rmap::verify::require(n == 0 || n == 2, "half of the entries were met");
        });
        t.run();
        rmap::verify::require(s.met() == 0 && s.met(fresh) == 2, "an entry was lost");
        for (unsigned i : {0U, 1U})
            s.remove(i, 0, fresh);
    }

    /// A walk that would have to wait gives up instead.
    static void tried_beside_add(rmap::verify::test& t) {
        scene s;
        for (unsigned i : {0U, 1U})
            s.add(i, 0);
        t.thread("maps", [&] { s.add(2, 0); });
        t.thread("tries", [&] {
            unsigned n = 0;
            const auto r = s.map.walk(
                s.p, [&](const auto&) { ++n; }, rmap::walk_mode::try_lock);
            rmap::verify::require(r.state == rmap::status::contended || n >= 2,
                                  "an entry that is there all the time was not met");
        });
        t.run();
        for (unsigned i : {0U, 1U, 2U})
            s.remove(i, 0);
    }
};

}  // namespace rmap_test
