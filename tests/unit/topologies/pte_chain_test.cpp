// SPDX-License-Identifier: BSL-1.0

// pte_chain: the chain of places in a page against a plain list, at every size at which its form
// changes; and the operations that tell the map of page-table entries.

#define BOOST_TEST_MODULE pte_chain
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <utility>
#include <vector>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;
using topology = rmap::topologies::pte_chain;
using F = toy<tested<exact>>;
using policy = F::policy;
using chain = rmap::topologies::place_chain<policy>;

static_assert(rmap::chain_topology<topology, exact>);
static_assert(rmap::is_exact<topology> && !rmap::tells_inherited<topology>);
static_assert(rmap::objects_a_link<topology> == 0 && !rmap::graph_is_reference<topology>);
static_assert(sizeof(rmap::topologies::place_chunk<exact>) == 128);
// One place costs no memory; other topologies have nothing in the page.
static_assert(sizeof(rmap::page_hook<exact>) == 4 * sizeof(void*));
static_assert(sizeof(rmap::page_hook<rmap::default_policy>) == 2 * sizeof(void*));
static_assert(sizeof(rmap::vma_hook<exact>) == sizeof(void*));

using places = std::vector<std::pair<void*, rmap::pgno>>;

/// One page's places, a map that counts its chunks, and spaces to be mapped in.
struct scene {
    world<F> w;
    F::page page;
    std::vector<F::mm*> mms;
    places expected;

    scene() {
        for (int i = 0; i != 40; ++i)
            mms.push_back(&w.new_mm());
    }
    ~scene() {
        while (!expected.empty())
            remove(expected.front());
    }
    status add(F::mm& mm, rmap::pgno at) {
        bool set = false;
        const status s =
            w.map().add_place(w.map().memory(), page, mm, at, set, [] { return true; });
        if (s == status::ok) expected.emplace_back(&mm, at);
        return s;
    }
    void remove(std::pair<void*, rmap::pgno> which) {
        w.map().remove_place(page, *static_cast<F::mm*>(which.first), which.second);
        expected.erase(std::find(expected.begin(), expected.end(), which));
    }
    places met() {
        places all;
        (void)w.map().walk(
            page, [&](const auto& place) { all.emplace_back(&place.mm(), place.address()); });
        return all;
    }
    void compare() {
        auto seen = met();
        std::sort(seen.begin(), seen.end());
        std::sort(expected.begin(), expected.end());
        BOOST_REQUIRE(seen == expected);
        const auto n = expected.size();
        // Nothing, one in the page, then chunks; all but the first are full, and one alone goes
        // back into the page.
        const std::size_t chunks = hook().chunks();
        BOOST_REQUIRE((n < 2 ? chunks == 0 : chunks == (n + 5) / 6));
    }
    chain& hook() { return w.map().hook_of(page).places; }
};

BOOST_AUTO_TEST_CASE(grows_and_shrinks) {
    scene s;
    std::mt19937 random{1};
    for (int step = 0; step != 3000; ++step) {
        const bool grow = (step / 300) % 2 == 0 ? random() % 3 != 0 : random() % 3 == 0;
        if (grow || s.expected.empty()) {
            BOOST_REQUIRE((s.add(*s.mms[random() % s.mms.size()], random() % 4) == status::ok));
        } else {
            s.remove(s.expected[random() % s.expected.size()]);
        }
        s.compare();
    }
}

// A visitor may say of any of the places that it is gone, and stop.
BOOST_AUTO_TEST_CASE(gone_in_a_walk) {
    for (unsigned n = 1; n != 15; ++n) {
        for (unsigned chosen = 0; chosen != 1U << std::min(n, 8U); ++chosen) {
            scene s;
            for (unsigned i = 0; i != n; ++i)
                BOOST_REQUIRE((s.add(*s.mms[i], i) == status::ok));
            unsigned at = 0;
            const unsigned stop = chosen % (n + 1);
            (void)s.w.map().walk(s.page, [&](const auto& place) {
                const unsigned now = at++;
                if ((chosen >> (now % 8) & 1) != 0) {
                    place.gone();
                    s.expected.erase(
                        std::find(s.expected.begin(), s.expected.end(),
                                  std::pair<void*, rmap::pgno>{&place.mm(), place.address()}));
                }
                return now != stop;
            });
            BOOST_REQUIRE(at == std::min(n, stop + 1));
            auto seen = s.met();
            std::sort(seen.begin(), seen.end());
            std::sort(s.expected.begin(), s.expected.end());
            BOOST_REQUIRE(seen == s.expected);
        }
    }
}

// Memory first: where a chunk is missing and there is none, nothing is called and nothing changes.
BOOST_AUTO_TEST_CASE(every_allocation_fails) {
    scene s;
    for (unsigned i = 0; i != 20; ++i) {
        bool called = false;
        bool set = false;
        const auto before = s.met();
        const long took = with_failures([&] {
            called = false;
            const status told = s.w.map().add_place(s.w.map().memory(), s.page, *s.mms[i], i, set,
                                                    [&] { return called = true; });
            if (told == status::ok) return true;
            BOOST_TEST((told == status::no_memory && !called && s.met() == before));
            return false;
        });
        BOOST_TEST((called && set));
        s.expected.emplace_back(s.mms[i], i);
        // The second place, and then each sixth, takes a chunk.
        BOOST_TEST(took == (i % 6 == (i < 6 ? 1U : 0U) ? 1 : 0));
        s.compare();
    }
}

// An entry that could not be set, or moved, leaves the places as they were.
BOOST_AUTO_TEST_CASE(an_entry_that_changed) {
    scene s;
    for (unsigned i = 0; i != 8; ++i) {
        bool set = true;
        auto& map = s.w.map();
        BOOST_TEST((map.add_place(map.memory(), s.page, *s.mms[i], 5, set, [] { return false; }) ==
                    status::ok));
        BOOST_TEST(!set);
        s.compare();
        BOOST_TEST((s.add(*s.mms[i], 5) == status::ok));
        BOOST_TEST(!F::map::move_place(s.page, *s.mms[i], 5, 6, [] { return false; }));
        s.compare();
        BOOST_TEST(F::map::move_place(s.page, *s.mms[i], 5, 7, [] { return true; }));
        const std::pair<void*, rmap::pgno> was{s.mms[i], 5};
        std::find(s.expected.begin(), s.expected.end(), was)->second = 7;
        s.compare();
    }
}

BOOST_AUTO_TEST_CASE(another_page_takes_over) {
    for (unsigned n = 0; n != 15; ++n) {
        scene s;
        F::page fresh;
        for (unsigned i = 0; i != n; ++i)
            BOOST_REQUIRE((s.add(*s.mms[i], i) == status::ok));
        unsigned seen = 0;
        s.w.map().take_places(fresh, s.page, [&](const auto& place) {
            ++seen;
            if (place.address() % 3 == 0) place.gone();
        });
        BOOST_TEST(seen == n);
        BOOST_TEST(s.hook().empty());
        std::vector<rmap::pgno> left;
        (void)s.w.map().walk(fresh, [&](const auto& place) {
            left.push_back(place.address());
            place.gone();
        });
        std::sort(left.begin(), left.end());
        std::vector<rmap::pgno> wanted;
        for (unsigned i = 0; i != n; ++i) {
            if (i % 3 != 0) wanted.push_back(i);
        }
        BOOST_TEST(left == wanted);
        s.expected.clear();
    }
}

// A walk needs no tag, waits for who holds the page's chain, and for no lock of an anon_vma.
BOOST_AUTO_TEST_CASE(what_a_walk_waits_for) {
    scene s;
    const auto nothing = [](const auto&) {};
    BOOST_TEST((s.w.map().walk(s.page, nothing).state == status::not_mapped));
    auto& v = s.w.faulted(*s.mms[0], 0, 8);
    s.w.map().tag_new(s.page, v, 3);
    BOOST_TEST((s.add(*s.mms[0], 3) == status::ok));
    const auto tried = [&] {
        return s.w.map().walk(s.page, nothing, rmap::walk_mode::try_lock).state;
    };
    {
        const chain::guard held{s.hook()};
        BOOST_TEST((tried() == status::contended));
    }
    {
        const rmap::write_guard held{s.w.map().own(v)->lock};
        BOOST_TEST((tried() == status::ok));
    }
    s.page.add_mapping();
    F::map::place kept[4];
    const auto all = [](const auto&) { return true; };
    BOOST_TEST((s.w.map().collect(s.page, kept, 4, all).count == 1U));
    BOOST_TEST((kept[0] == F::map::place{s.mms[0], 3}));
    BOOST_TEST((s.w.map().confirm(s.page, kept, 1, all) == status::ok));
    BOOST_TEST((s.add(*s.mms[1], 3) == status::ok));
    BOOST_TEST((s.w.map().confirm(s.page, kept, 1, all) == status::stale));
    s.page.remove_mapping();
}

// The anon_vma is one a family, and goes with the last of its vmas.
BOOST_AUTO_TEST_CASE(families) {
    world<F> w;
    auto& parent = w.faulted(w.new_mm(), 0, 8);
    auto& child = w.fork(parent);
    auto& fresh = w.new_vma(parent.mm(), 0, 1);
    BOOST_TEST((w.map().split(parent, fresh, 4) == status::ok));
    auto* const own = w.map().own(parent);
    BOOST_TEST((w.map().own(child) == own && w.map().own(fresh) == own));
    BOOST_TEST((own->num_active_vmas == 3U && topology::valid(w.map(), *own)));
    w.forget(parent);
    w.forget(child);
    BOOST_TEST((!own->links.empty() && own->num_active_vmas == 1U));
}

}  // namespace
