// SPDX-License-Identifier: BSL-1.0

// Blocks of pieces under topologies::cow_tree as they fill and change hands: cuts in the middle of
// others, a change of range below an index, a block that children had before.

#include <memory>
#include <vector>

#define BOOST_TEST_MODULE cow_blocks
#include <boost/test/unit_test.hpp>

#include "support/failing_memory.hpp"
#include "support/toy.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

struct policy : rmap::cow_tree {
    using allocator = failing_memory;
};
using types = toy<policy>;
using topology = policy::topology;

struct counting_lock : rmap::locks::rw_spin {
    static inline unsigned taken = 0;
    void lock() noexcept {
        ++taken;
        rmap::locks::rw_spin::lock();
    }
};
struct counting : rmap::cow_tree {
    using lock = counting_lock;
};

}  // namespace

/// Cut at two places by turns of many: blocks stay full, wherever a row of new pieces comes.
BOOST_AUTO_TEST_CASE(cut_in_the_middle_of_others) {
    types::mm mm;
    types::map map;
    std::vector<std::unique_ptr<types::vma>> all;
    all.push_back(std::make_unique<types::vma>(mm, 0, 5000, 0));
    BOOST_TEST_REQUIRE((map.prepare(*all[0]) == status::ok));
    const long before = failing_memory::alive;
    const auto cut = [&](rmap::pgno at) {
        types::vma& from = *all.back();
        all.push_back(std::make_unique<types::vma>(mm, 0, 1, 0));
        BOOST_TEST_REQUIRE((map.split(from, *all.back(), at) == status::ok));
    };
    for (rmap::pgno at = 1; at != 16; ++at)
        cut(at);
    types::vma& low = *all.back();  // in the last slot of a full block
    for (rmap::pgno n = 0; n != 2000; ++n) {
        all.push_back(std::make_unique<types::vma>(mm, 0, 1, 0));
        BOOST_TEST_REQUIRE((map.split(low, *all.back(), low.end() - 1) == status::ok));
    }
    BOOST_TEST((failing_memory::alive - before < 2000 / 6));
    BOOST_TEST(topology::valid(map, *map.own(low)));
    for (const auto& v : all)
        map.unlink(*v);
}

/// The pair of the concept, which no operation uses here, over more than one block.
BOOST_AUTO_TEST_CASE(unkey_and_rekey_below_an_index) {
    types::mm mm;
    types::map map;
    std::vector<std::unique_ptr<types::vma>> all;
    all.push_back(std::make_unique<types::vma>(mm, 0, 1000, 0));
    BOOST_TEST_REQUIRE((map.prepare(*all[0]) == status::ok));
    for (rmap::pgno at = 10; at != 410; at += 10) {
        types::vma& from = *all.back();
        all.push_back(std::make_unique<types::vma>(mm, 0, 1, 0));
        BOOST_TEST_REQUIRE((map.split(from, *all.back(), at) == status::ok));
    }
    types::vma& v = *all[6];
    topology::unkey(map, v);
    v.set_range(v.start(), 9, v.pgoff());
    topology::rekey(map, v);
    BOOST_TEST(topology::valid(map, *map.own(v)));
    for (const auto& one : all)
        map.unlink(*one);
}

/// A block that a fork has outgrown is used again by another in the same batch, for pieces: it must
/// not name the children that it had.
BOOST_AUTO_TEST_CASE(a_block_of_children_becomes_one_of_pieces) {
    std::vector<std::unique_ptr<types::mm>> mms;
    types::map map;
    std::vector<std::unique_ptr<types::vma>> all;
    const auto space = [&]() -> types::mm& { return *mms.emplace_back(new types::mm); };
    const auto vma = [&](types::mm& in, rmap::pgno start, rmap::pgno n) -> types::vma& {
        return *all.emplace_back(std::make_unique<types::vma>(in, start, n, start));
    };
    const auto ok = [](status s) { BOOST_TEST_REQUIRE((s == status::ok)); };
    types::mm& first = space();
    types::vma& low = vma(first, 0, 1000);
    ok(map.prepare(low));
    types::vma& high = vma(first, 100, 900);
    ok(map.split(low, high, 100));
    types::mm& second = space();
    types::vma& child_low = vma(second, 0, 100);
    types::vma& child_high = vma(second, 100, 900);
    ok(map.fork(child_low, low));
    ok(map.fork(child_high, high));
    types::mm& third = space();
    types::vma& own_low = vma(third, 0, 100);
    types::vma& own_high = vma(third, 100, 900);
    ok(map.fork(own_low, child_low));
    ok(map.fork(own_high, child_high));
    map.unlink(child_low);
    map.unlink(child_high);
    std::vector<types::vma*> parts{&own_high};
    for (rmap::pgno at = 110; at != 310; at += 10) {
        types::vma& part = vma(third, at, 1);
        ok(map.split(*parts.back(), part, at));
        parts.push_back(&part);
    }
    for (unsigned i = 0; i != 17; ++i)
        ok(map.fork(vma(space(), 0, 100), own_low));
    types::mm& last = space();
    using pair = rmap::fork_pair<types::vma>;
    for (types::vma* part : parts) {
        types::vma& copy = vma(last, part->start(), part->pages());
        const pair pairs[] = {{&vma(space(), 0, 100), &own_low}, {&copy, part}, {}};
        ok(map.fork_all([pairs, i = 0]() mutable noexcept { return pairs[i++]; }));
        BOOST_TEST(topology::valid(map, *map.own(*part)));
        BOOST_TEST(topology::valid(map, *map.own(copy)));
    }
    for (auto at = all.rbegin(); at != all.rend(); ++at)
        map.unlink(**at);
}

/// The first process is gone and has two children: its anon_vma is idle and may not be taken over.
/// The forks that follow know that they bring one, and take the tree lock once, the pool's once.
BOOST_AUTO_TEST_CASE(a_fork_brings_what_the_last_one_lacked) {
    using kind = toy<counting>;
    kind::map map;
    std::vector<std::unique_ptr<kind::mm>> mms;
    std::vector<std::unique_ptr<kind::vma>> all;
    const auto fresh = [&]() -> kind::vma& {
        kind::mm& in = *mms.emplace_back(new kind::mm);
        return *all.emplace_back(std::make_unique<kind::vma>(in, 16, 8, 16));
    };
    kind::vma& first = fresh();
    BOOST_TEST_REQUIRE((map.prepare(first) == status::ok));
    kind::vma& left = fresh();
    BOOST_TEST_REQUIRE((map.fork(left, first) == status::ok));
    BOOST_TEST_REQUIRE((map.fork(fresh(), first) == status::ok));
    map.unlink(first);
    counting_lock::taken = 0;
    for (unsigned i = 0; i != 40; ++i)
        BOOST_TEST_REQUIRE((map.fork(fresh(), left) == status::ok));
    BOOST_TEST(counting_lock::taken < 40 * 5 / 2);  // and where a block grows
    for (const auto& v : all)
        map.unlink(*v);
}
