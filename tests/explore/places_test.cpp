// SPDX-License-Identifier: BSL-1.0

// The chain of places in a page (topologies::pte_chain) under the C++ memory model: its lock bit,
// as it ships and with each order taken away; and the ways in which the map is told of entries,
// beside a walk, each with a careless one next to it that loses the entry.

#include <rmap/rmap.hpp>

#include "support/weakened.hpp"

namespace {

using namespace rmap_test;
using enum order;
using rmap::status;

tally count;

struct explored : rmap::default_policy {
    using atomics = weakened_model;
    using lock = model_lock;
    using allocator = verify::model_memory;
    using check = verify::explored_checks;
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::adjacent;
};

struct space {
    model_lock page_table_lock{};
    model_lock entries_lock{};
    model::plain<bool> maps[3]{};  // whether the entry maps the page; holding entries_lock

    bool set(rmap::pgno at, bool to) {
        entries_lock.lock();
        const bool was = maps[at];
        maps[at] = to;
        entries_lock.unlock();
        return was;
    }
};
using page = rmap::basic_page<explored>;
using map_type = rmap::reverse_map<page, rmap::basic_vma<space, explored>, explored>;

constexpr std::initializer_list<failure_kind> any = {
    failure_kind::data_race, failure_kind::use_after_free, failure_kind::assertion,
    failure_kind::check, failure_kind::deadlock};
constexpr std::initializer_list<failure_kind> lost = {failure_kind::assertion};

struct scene {
    map_type map;
    space mm[4];
    page p;

    void add(unsigned in, rmap::pgno at) {
        bool done = false;
        const status s = map.add_place(map.memory(), p, mm[in], at, done, [&] {
            mm[in].set(at, true);
            p.add_mapping();
            return true;
        });
        require(s == status::ok && done, "an entry could not be set");
    }
    void remove(unsigned in, rmap::pgno at) {
        mm[in].set(at, false);
        p.remove_mapping();
        map.remove_place(p, mm[in], at);
    }
    /// How many entries that map the page a walk meets.
    unsigned met() {
        unsigned n = 0;
        (void)map.walk(p, [&](const auto& place) {
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
void add_and_remove(verify::test& t) {
    scene s;
    for (unsigned i = 0; i != Before; ++i)
        s.add(i, 0);
    t.thread("maps", [&] {
        s.add(3, 1);
        s.remove(3, 1);
    });
    t.thread("walks", [&] {
        const unsigned n = s.met();
        require(n == Before || n == Before + 1, "an entry that is there all the time was not met");
    });
    t.run();
    require(s.met() == Before, "an entry was lost for good");
    for (unsigned i = 0; i != Before; ++i)
        s.remove(i, 0);
}

/// Whoever sees the page mapped finds the first entry, though it asks without the lock whether
/// there is any.
void first_entry(verify::test& t) {
    scene s;
    t.thread("maps", [&] { s.add(0, 0); });
    t.thread("walks", [&] {
        if (s.p.mapped()) require(s.met() == 1, "a mapped page has no place");
    });
    t.run();
    s.remove(0, 0);
}

/// An entry is copied to another space while the page is taken from wherever it is mapped.
template <bool Careless>
void copied_beside_unmap(verify::test& t) {
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
        const status told = s.map.add_place(s.map.memory(), s.p, s.mm[1], 0, copied,
                                            [&] { return Careless ? done : copy(); });
        require(told == status::ok, "no memory");
    });
    t.thread("unmaps", [&] {
        (void)s.map.walk(s.p, [&](const auto& place) {
            if (!place.mm().set(place.address(), false)) return;
            s.p.remove_mapping();
            place.gone();
        });
        require(Careless || !s.p.mapped() || s.met() == 1, "a mapping was missed");
        require(!Careless || s.met() == s.p.mapcount(), "a mapping was missed");
    });
    t.run();
    if (s.mm[1].set(0, false)) {
        s.p.remove_mapping();
        s.map.remove_place(s.p, s.mm[1], 0);
    }
    require(s.met() == 0 && !s.p.mapped(), "an entry is left");
}

/// An entry moves to another address; a walk meets it there or here.
template <bool Careless>
void moved_beside_walk(verify::test& t) {
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
        require(map_type::move_place(s.p, s.mm[0], 0, 2, [&] { return Careless ? true : move(); }),
                "it did not move");
    });
    t.thread("walks", [&] { require(s.met() == 2, "a moving entry was not met"); });
    t.run();
    require(s.met() == 2, "an entry was lost for good");
    s.remove(0, 2);
    s.remove(1, 0);
}

template <class Scenario>
void finds(const char* name, Scenario careless) {
    const auto r = explore(name, {}, careless);
    bool found = false;
    for (failure_kind kind : lost)
        found = found || r.what.kind == kind;
    count.that(found, std::string{name} + ": not noticed: " + r.coverage);
}

}  // namespace

int main() {
    const char* const file = "topologies/place_chain.hpp";
    as_shipped(count, "one place becomes two", {}, add_and_remove<1>);
    as_shipped(count, "no place becomes one", {}, add_and_remove<0>);
    as_shipped(count, "two places and one more", {}, add_and_remove<2>);
    shows(count, "lock bit, acquire", {}, {file, "guard", acquire}, any, add_and_remove<1>);
    shows(count, "lock bit, release", {}, {file, "~guard", release}, any, add_and_remove<1>);
    as_shipped(count, "the first entry", {}, first_entry);
    as_shipped(count, "a copy beside unmapping", {}, copied_beside_unmap<false>);
    finds("a copy that is told of late", copied_beside_unmap<true>);
    as_shipped(count, "a move beside a walk", {}, moved_beside_walk<false>);
    finds("a move that is told of late", moved_beside_walk<true>);
    return count.exit_code();
}
