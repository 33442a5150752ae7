// SPDX-License-Identifier: BSL-1.0

// Each invariant is broken on purpose, alone, and the check names it, it only, and the way to it.

#define BOOST_TEST_MODULE invariants
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include <rmap/ops/links.hpp>
#include <rmap/verify/invariants.hpp>

#include "support/toy_world.hpp"

namespace {

using policy = rmap::counted<rmap::default_policy>;
using world = toy::world<policy>;
using map_type = world::map_type;
using av_type = world::anon_vma_type;
using topology = policy::topology;

static_assert(rmap::verify::quiescent_world<world>);
static_assert(rmap::verify::shows_references<world>);

template <class World>
std::string report(World& w) {
    std::string all;
    rmap::verify::validate(w, [&](const char* s, std::size_t n) { all.append(s, n); });
    return all;
}

/// Which invariants are named.
template <class World>
std::set<int> broken(World& w) {
    std::set<int> all;
    for (const auto& v : rmap::verify::check(w)) {
        BOOST_TEST_MESSAGE("I" << v.invariant << ": " << v.text);
        all.insert(v.invariant);
    }
    return all;
}

template <class World>
bool only(World& w, int invariant) {
    return broken(w) == std::set<int>{invariant};
}

/// A parent and its forked child, one page that both map, and one page of the child's own.
struct family : world {
    family() { touch(child, 0x11); }
    mm_type& mm0 = add_mm();
    mm_type& mm1 = add_mm();
    vma_type& parent = add_vma(mm0, 0x10, 4);
    page_type& both = touch(parent, 0x10);
    vma_type& child = fork(parent, mm1);
    page_type& own() { return *mm1.entries.at(0x11); }
    av_type& root() { return *map_type::own(parent); }
    av_type& childs() { return *map_type::own(child); }

    /// One more link from `v` to `av`, and away again.
    void attach(vma_type& v, av_type& av) {
        rmap::ops::link_reserve<map_type> reserve{map()};
        BOOST_REQUIRE(reserve.fill(map().memory(), 1) == rmap::status::ok);
        topology::attach(map(), v, av, reserve.links());
    }
};

/// Walks that pass over the first vma.
struct forgetful : topology {
    template <class Map, class F>
    static bool visit(Map& map, rmap::anon_vma<typename Map::policy>& av, rmap::pgoff_t index,
                      F f) {
        bool first = true;
        return topology::visit(map, av, index, [&](const auto& place) {
            return std::exchange(first, false) || f(place);
        });
    }
};
struct forgetful_policy : policy {
    using topology = forgetful;
};

/// Walks that tell of each vma twice.
struct stammering : topology {
    template <class Map, class F>
    static bool visit(Map& map, rmap::anon_vma<typename Map::policy>& av, rmap::pgoff_t index,
                      F f) {
        return topology::visit(map, av, index,
                               [&](const auto& place) { return f(place) && f(place); });
    }
};
struct stammering_policy : policy {
    using topology = stammering;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_sound_world_has_no_violation) {
    family w;
    auto& file = w.add_file();
    auto& a = w.add_vma(w.mm0, 0x100, 8, 0, &file);
    w.split(a, 0x104);
    w.split(w.parent, 0x12);
    auto& grandchild = w.fork(w.child, w.add_mm());
    w.touch(grandchild, 0x13);
    BOOST_TEST(report(w) == "");
}

BOOST_AUTO_TEST_CASE(i1_a_walk_that_misses_a_place) {
    toy::world<forgetful_policy> w;
    auto& mm = w.add_mm();
    w.touch(w.add_vma(mm, 0x10, 4), 0x12);
    BOOST_TEST(report(w) ==
               "I1: page 0 (0:12): the walk from av0 at index 12 misses 0:12 in vma 0:10+4\n");
}

BOOST_AUTO_TEST_CASE(i1_a_page_that_denies_its_mappings) {
    family w;
    w.own().remove_mapping();
    BOOST_TEST((broken(w) == std::set<int>{1, 3}));
    w.own().add_mapping();
}

BOOST_AUTO_TEST_CASE(i2_a_walk_that_meets_a_place_twice) {
    toy::world<stammering_policy> w;
    w.touch(w.add_vma(w.add_mm(), 0x10, 4), 0x12);
    BOOST_TEST(report(w) == "I2: page 0 (0:12): the walk from av0 meets 0:12 twice\n");
}

BOOST_AUTO_TEST_CASE(i2_a_walk_that_meets_a_vma_of_no_mm) {
    family w;
    world::vma_type stray{w.mm0, 0x10, 4, 0x10, nullptr};
    BOOST_REQUIRE(w.map().clone(stray, w.parent, rmap::ops::clone_op::split) == rmap::status::ok);
    const auto named = broken(w);
    BOOST_TEST(named.count(2) == 1U);
    BOOST_TEST(named.count(15) == 1U);  // its links are in the trees and in no chain of the world
    w.map().unlink(stray);
}

BOOST_AUTO_TEST_CASE(i3_a_tag_that_outlives_its_anon_vma) {
    family w;
    auto& gone = w.add_vma(w.mm0, 0x100, 1);
    auto& page = w.touch(gone, 0x100);
    const auto tag = map_type::hook_of(page).read();
    w.map().unlink(gone);
    BOOST_TEST(only(w, 3));
    w.unmap(w.mm0, 0x100);
    BOOST_TEST(report(w) == "");

    map_type::hook_of(w.own()).set(tag, 0x11);
    BOOST_TEST(report(w) ==
               "I3: page 1 (1:11) leads to an anon_vma (av?) that no vma is linked to\n");
}

BOOST_AUTO_TEST_CASE(i3_a_page_mapped_where_no_vma_is_or_without_a_tag) {
    family w;
    w.enter(w.add_page(), w.mm0, 0x10);
    BOOST_TEST((broken(w).count(3) == 1U));
    w.unmap(w.mm0, 0x10);
    w.enter(w.both, w.mm0, 0x900);
    BOOST_TEST(broken(w).count(3) == 1U);
    w.unmap(w.mm0, 0x900);
    w.both.remove_mapping();
}

BOOST_AUTO_TEST_CASE(i4_a_vma_in_two_trees) {
    family w;
    auto& other = w.add_vma(w.mm0, 0x100, 1);
    w.touch(other, 0x100);
    w.attach(other, w.root());
    BOOST_TEST(report(w) ==
               "I4: vma 0:100+1 is linked to two trees: av1 has root av1, av0 has root av0\n");
}

BOOST_AUTO_TEST_CASE(i4_a_chain_without_the_parent) {
    family w;
    av_type& childs = w.childs();
    childs.parent = &childs;
    w.root().num_children = w.root().num_children - 1;
    childs.num_children = childs.num_children + 1;
    BOOST_TEST(report(w) == "I4: vma 1:10+4: av1 has parent av1 and root av0\n");
    childs.parent = &w.root();
    w.root().num_children = w.root().num_children + 1;
    childs.num_children = childs.num_children - 1;
}

BOOST_AUTO_TEST_CASE(i5_one_own_anon_vma_two_chains) {
    family w;
    auto& high = w.split(w.parent, 0x12);
    w.attach(high, w.childs());
    BOOST_TEST(only(w, 5));
}

BOOST_AUTO_TEST_CASE(i6_an_own_anon_vma_without_links_and_links_without_it) {
    family w;
    av_type& childs = w.childs();
    topology::set_own<policy>(map_type::hook_of(w.child), nullptr);
    childs.num_active_vmas = childs.num_active_vmas - 1;
    BOOST_TEST(report(w) == "I6: vma 1:10+4 has links (av1 av0) and no own anon_vma\n");
    topology::set_own<policy>(map_type::hook_of(w.child), &childs);
    childs.num_active_vmas = childs.num_active_vmas + 1;

    auto& bare = w.add_vma(w.mm0, 0x100, 1);
    topology::set_own<policy>(map_type::hook_of(bare), &childs);
    childs.num_active_vmas = childs.num_active_vmas + 1;
    const auto named = broken(w);
    BOOST_TEST(named.count(6) == 1U);
    topology::set_own<policy>(map_type::hook_of(bare), nullptr);
    childs.num_active_vmas = childs.num_active_vmas - 1;
}

BOOST_AUTO_TEST_CASE(i7_a_shared_page_that_leads_to_the_childs_anon_vma) {
    family w;
    w.map().tag_own(w.both, w.child, 0x10);
    BOOST_TEST(report(w) ==
               "I7: page 0 (0:10) leads to av1, which is not in the chain of vma 0:10+4: "
               "a walk misses 0:10\n");
}

BOOST_AUTO_TEST_CASE(i7_a_page_of_another_file) {
    family w;
    auto& a = w.add_file();
    auto& b = w.add_file();
    w.add_vma(w.mm0, 0x100, 1, 0, &a);
    w.add_vma(w.mm0, 0x200, 1, 0, &b);
    auto& page = w.add_page();
    w.map().tag_file(page, b, 0);
    w.enter(page, w.mm0, 0x100);
    BOOST_TEST(only(w, 7));
}

BOOST_AUTO_TEST_CASE(i8_an_index_that_is_not_the_offset) {
    family w;
    auto& hook = map_type::hook_of(w.own());
    hook.set(hook.read(), 0x12);
    BOOST_TEST(report(w) ==
               "I8: page 1 (1:11) has index 12, but 1:11 is offset 11 of vma 1:10+4\n");
}

BOOST_AUTO_TEST_CASE(i9_a_range_that_changes_under_its_links) {
    family w;
    w.child.set_range(0x10, 9, 0x10);
    BOOST_TEST(only(w, 9));
    w.child.set_range(0x10, 4, 0x10);

    auto& file = w.add_file();
    auto& mapped = w.add_vma(w.mm0, 0x100, 4, 0, &file);
    mapped.set_range(0x100, 3, 0);
    BOOST_TEST(only(w, 9));
    mapped.set_range(0x100, 4, 0);
}

BOOST_AUTO_TEST_CASE(i10_a_reference_too_many_or_too_few) {
    family w;
    w.root().refs.fetch_add(1, rmap::order::relaxed);
    BOOST_TEST(report(w) == "I10: av0 counts 3 references, has 2\n");
    w.references_.push_back(&w.root());
    BOOST_TEST(report(w) == "");
    w.references_.push_back(&w.root());
    BOOST_TEST(only(w, 10));
    w.references_.clear();
    w.root().refs.fetch_sub(1, rmap::order::relaxed);
}

BOOST_AUTO_TEST_CASE(i10_an_anon_vma_that_outlives_its_vmas_by_a_reference) {
    family w;
    auto& gone = w.add_vma(w.mm0, 0x100, 1);
    auto& page = w.touch(gone, 0x100);
    w.references_.push_back(w.map().get(page));
    w.unmap(w.mm0, 0x100);
    w.map().unlink(gone);
    BOOST_TEST(report(w) == "");
    w.map().put(*w.references_.back());
    w.references_.clear();
    BOOST_TEST(report(w) == "");
}

BOOST_AUTO_TEST_CASE(i10_a_member_keeps_its_root_without_vmas) {
    world w;
    auto& mm0 = w.add_mm();
    auto& mm1 = w.add_mm();
    auto& parent = w.add_vma(mm0, 0x10, 1);
    w.touch(parent, 0x10);
    auto& child = w.fork(parent, mm1);
    w.unmap(mm1, 0x10);
    w.references_.push_back(w.map().get(w.touch(child, 0x10)));
    w.unmap(mm1, 0x10);
    w.unmap(mm0, 0x10);
    w.map().unlink(child);
    w.map().unlink(parent);
    BOOST_TEST(report(w) == "");
    w.map().put(*w.references_.back());
    w.references_.clear();
    BOOST_TEST(report(w) == "");
}

BOOST_AUTO_TEST_CASE(i11_counts_of_children_and_active_vmas) {
    family w;
    w.root().num_children = 3;
    BOOST_TEST(report(w) == "I11: av0 counts 3 children, has 2\n");
    w.root().num_children = 2;
    w.childs().num_active_vmas = 0;
    BOOST_TEST(report(w) == "I11: av1 counts 0 active vmas, has 1\n");
    w.childs().num_active_vmas = 1;
}

BOOST_AUTO_TEST_CASE(i12_a_lock_that_somebody_left_held) {
    family w;
    w.childs().lock.lock();
    BOOST_TEST(report(w) == "I12: av1: its lock is held though nobody is inside\n");
    w.childs().lock.unlock();
    w.root().lock.lock();  // the walks of the check give up
    BOOST_TEST(only(w, 12));
    w.root().lock.unlock();
    w.root().taken = true;
    BOOST_TEST(only(w, 12));
    w.root().taken = false;
}

BOOST_AUTO_TEST_CASE(i12_a_shard_that_somebody_left_held) {
    struct sharded : policy {
        using locking = rmap::locking::sharded_root;
    };
    toy::world<sharded> w;
    auto& parent = w.add_vma(w.add_mm(), 0x10, 4);
    w.touch(parent, 0x10);
    w.fork(parent, w.add_mm());
    BOOST_TEST(report(w) == "");
    auto& shard = toy::world<sharded>::map_type::own(parent)->locking.shards[3];
    shard.lock();
    BOOST_TEST(report(w) == "I12: av0: its shard 3 is held though nobody is inside\n");
    shard.unlock();
}

BOOST_AUTO_TEST_CASE(i13_an_own_anon_vma_that_is_not_in_the_chain) {
    family w;
    topology::set_own<policy>(map_type::hook_of(w.parent), &w.childs());
    w.childs().num_active_vmas = 2;
    w.childs().lock.lock();
    w.childs().lock.unlock();
    const std::set<int> named = broken(w);
    topology::set_own<policy>(map_type::hook_of(w.parent), w.childs().parent);
    w.childs().num_active_vmas = 1;
    // The counts do not say it, the other owner's chain does.
    BOOST_TEST((named == std::set<int>{5, 11, 13}));
}

BOOST_AUTO_TEST_CASE(i13_a_link_made_twice) {
    world w;
    auto& v = w.add_vma(w.add_mm(), 0x10, 4);
    BOOST_REQUIRE(w.map().prepare(v, nullptr, nullptr) == rmap::status::ok);
    rmap::ops::link_reserve<map_type> reserve{w.map()};
    BOOST_REQUIRE(reserve.fill(w.map().memory(), 1) == rmap::status::ok);
    topology::attach(w.map(), v, *map_type::own(v), reserve.links());
    BOOST_TEST(report(w) == "I13: vma 0:10+4 is linked to av0 twice\n");
}

BOOST_AUTO_TEST_CASE(i14_an_object_that_nobody_uses) {
    family w;
    w.map().stats().links_changed(+1);
    BOOST_TEST(report(w) == "I14: 4 links are alive, 3 are in use\n");
    w.map().stats().links_changed(-1);
    w.map().stats().anon_vmas_changed(+1);
    BOOST_TEST(report(w) == "I14: 3 anon_vmas are alive, 2 are in use\n");
    w.map().stats().anon_vmas_changed(-1);
}

BOOST_AUTO_TEST_CASE(i15_a_chain_whose_links_are_in_no_tree) {
    family w;
    auto& other = w.add_vma(w.mm0, 0x100, 1);
    BOOST_REQUIRE(w.map().prepare(other, nullptr, nullptr) == rmap::status::ok);
    topology::unkey(w.map(), other);
    BOOST_TEST(report(w) == "I15: vma 0:100+1 has 1 links to av1, whose tree has 0 to the vma\n");
    topology::rekey(w.map(), other);

    auto& file = w.add_file();
    auto& mapped = w.add_vma(w.mm0, 0x200, 4, 0, &file);
    w.map().unlink_file(mapped);
    BOOST_TEST(only(w, 15));
    w.map().link_file(mapped);
    BOOST_TEST(report(w) == "");
}

BOOST_AUTO_TEST_CASE(every_invariant_is_listed_and_the_tests_that_hold_the_rest_are_there) {
    int number = 0;
    for (const auto& entry : rmap::verify::invariants) {
        BOOST_TEST(entry.number == ++number);
        if (entry.held_elsewhere == nullptr) continue;
        const std::string where = entry.held_elsewhere;
        const auto path = RMAP_TEST_SOURCE "/" + where.substr(where.find("tests/"));
        BOOST_TEST(std::filesystem::exists(path), path << " is not there");
    }
    BOOST_TEST(number == 15);
}
