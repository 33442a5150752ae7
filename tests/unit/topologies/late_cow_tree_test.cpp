// SPDX-License-Identifier: BSL-1.0

// topologies::late_cow_tree against the same model as cow_tree, where own anon_vmas may come at any
// time; then what is particular to it: what a fork child costs before it writes, when it gets an
// anon_vma of its own, and which operations do without.

#include <algorithm>
#include <list>
#include <vector>

#define BOOST_TEST_MODULE late_cow_tree
#include <boost/test/unit_test.hpp>

#include "support/forest.hpp"
#include "support/policies.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

struct counted_late : rmap::counted<tested<rmap::late_cow_tree>> {};
using forest = rmap_test::forest<counted_late>;
using steps = rmap_test::steps<counted_late>;
using types = toy<counted_late>;

static_assert(sizeof(rmap::vma_hook<counted_late>) == 2 * sizeof(void*));

struct shape {
    rmap::pgno start, pages;
    rmap::pgoff_t pgoff;
};
constexpr rmap::pgno far = rmap::pgno{1} << 40;

BOOST_AUTO_TEST_CASE(random_families) {
    for (const shape s :
         {shape{0x1000, 32, 0x1000}, shape{far, 32, 0x1000}, shape{0x1000, far, 0x1000}}) {
        for (unsigned seed = 1; seed != 9; ++seed) {
            forest f;
            steps next{seed};
            f.root(s.start, s.pages, s.pgoff);
            for (unsigned i = 0; i != 400; ++i) {
                next.one(f, seed % 2 == 0 ? 12 : 200);
                const auto m = next.any(f);
                f.check(*m, m->vma.pgoff() + next.below(m->vma.pages()));
                if (i % 50 == 0) f.check(*m, m->vma.pgoff() + m->vma.pages() + 3);
            }
        }
    }
}

// Walks find the same where memory runs out, in whatever step.
BOOST_AUTO_TEST_CASE(memory_fails) {
    for (unsigned seed = 1; seed != 20; ++seed) {
        forest f;
        steps next{seed};
        f.root(0x1000, 32, 0x1000);
        for (unsigned i = 0; i != 200; ++i) {
            if (next.below(3) == 0)
                failing_memory::until_failure = static_cast<long>(next.below(2));
            next.one(f, 60);
            failing_memory::until_failure = failing_memory::never;
            const auto m = next.any(f);
            f.check(*m, m->vma.pgoff());
        }
    }
}

// Fork, the parent exits, fork, ...: with one, two and three processes alive at a time; who writes
// before it forks, and who does not.
BOOST_AUTO_TEST_CASE(endless_chains_stay_small) {
    for (const bool writes : {false, true}) {
        for (const std::size_t together : {1U, 2U, 3U}) {
            forest f;
            f.root(0x1000, 4, 0x1000);
            std::uint64_t most = 0;
            for (unsigned i = 0; i != 3000; ++i) {
                BOOST_TEST_REQUIRE(f.fork(f.members.back()));
                if (writes) BOOST_TEST_REQUIRE(f.write(f.members.back()));
                if (f.members.size() > together) f.exit(f.members.begin());
                most = std::max(most, f.map.stats().anon_vmas());
                if (i % 500 == 0) f.check(f.members.back(), 0x1001);
            }
            BOOST_TEST(most <= 2 * together + 2);
            BOOST_TEST(f.map.stats().link_bytes() < 1000 * together);
        }
    }
}

// A child costs its entry, until it writes; and gives that back, whoever goes first.
BOOST_AUTO_TEST_CASE(wide_families_cost_their_entries) {
    for (const unsigned step : {1U, 9U}) {
        forest f;
        auto& parent = f.root(0x1000, 4, 0x1000);
        std::vector<std::list<forest::member>::iterator> children;
        for (unsigned i = 0; i != 700; ++i) {
            BOOST_TEST_REQUIRE(f.fork(parent));
            children.push_back(std::prev(f.members.end()));
        }
        BOOST_TEST(f.map.stats().anon_vmas() == 1U);
        const auto bytes = f.map.stats().link_bytes();
        BOOST_TEST(bytes + 700 * sizeof(rmap::vma_hook<counted_late>) < 700 * 48);
        f.check(parent, 0x1002);
        for (unsigned i = 0; i != 700; i += 7)
            BOOST_TEST(f.write(*children[i]));
        BOOST_TEST(f.map.stats().anon_vmas() == 101U);
        BOOST_TEST(f.map.stats().link_bytes() == bytes);  // the entries are where they were
        f.check(parent, 0x1002);
        for (unsigned i = 0; i != 690; ++i)
            f.exit(children[i * step % 700]);
        f.check(parent, 0x1002);
        BOOST_TEST(f.map.stats().link_bytes() < bytes / 4);
    }
}

BOOST_AUTO_TEST_CASE(of_its_own_when_it_writes) {
    forest f;
    auto& parent = f.root(0x1000, 4, 0x1000);
    auto& child = *f.fork(parent);
    auto* const old = f.map.own(parent.vma);
    BOOST_TEST((f.map.own(child.vma) == nullptr && f.map.nearest(child.vma) == old));
    BOOST_TEST((f.map.late(child.vma) && f.map.linked(child.vma) && f.map.inherited(child.vma)));
    BOOST_TEST((!f.map.late(parent.vma) && !f.map.inherited(parent.vma)));
    const auto before = f.walk(*old, 0x1002);

    failing_memory::until_failure = 0;
    BOOST_TEST((f.map.prepare(child.vma) == status::no_memory));
    failing_memory::until_failure = failing_memory::never;
    BOOST_TEST(f.map.late(child.vma));
    BOOST_TEST((f.walk(*old, 0x1002) == before));

    BOOST_TEST(f.write(child));
    auto* const own = f.map.own(child.vma);
    BOOST_TEST((own != nullptr && own != old && own == f.map.nearest(child.vma)));
    BOOST_TEST((!f.map.late(child.vma) && f.map.inherited(child.vma)));
    BOOST_TEST((f.walk(*old, 0x1002) == before));
    BOOST_TEST((f.walk(*own, 0x1002) == std::vector{&child.vma}));
    BOOST_TEST((own->parent == old && old->num_children == 2U && own->num_active_vmas == 1U));
    BOOST_TEST(f.write(child));  // once is enough
    BOOST_TEST((f.map.own(child.vma) == own));
}

// A child whose parent has ended takes over what that has left, if one other at most is there.
BOOST_AUTO_TEST_CASE(takes_over_what_the_parent_left) {
    forest f;
    f.root(0x1000, 4, 0x1000);
    auto& parent = *f.fork(f.members.front());
    for (int i = 0; i != 3; ++i)
        f.fork(parent);
    auto* const old = f.map.own(parent.vma);
    f.exit(std::next(f.members.begin()));
    auto& first = *std::next(f.members.begin());
    auto& second = f.members.back();
    BOOST_TEST(f.write(first));  // the others would be met in walks for its pages
    BOOST_TEST((f.map.own(first.vma) != old));
    f.exit(std::next(f.members.begin()));
    BOOST_TEST(f.write(second));
    BOOST_TEST((f.map.own(second.vma) == old && old->num_children == 1U));
    BOOST_TEST(f.map.stats().anon_vmas() == 2U);
    f.check(second, 0x1001);
}

// But for a root: who has that was no fork child, as merges see it.
BOOST_AUTO_TEST_CASE(takes_over_no_root) {
    forest f;
    auto& child = *f.fork(f.root(0x1000, 4, 0x1000));
    auto* const root = f.map.nearest(child.vma);
    f.exit(f.members.begin());
    BOOST_TEST(f.write(child));
    BOOST_TEST((f.map.own(child.vma) != root && f.map.inherited(child.vma)));
    f.check(child, 0x1001);
}

// A chain of forks that all live costs an anon_vma each, but for the last: an only child that has
// its own needs no entry.
BOOST_AUTO_TEST_CASE(deep_chains) {
    forest f;
    f.root(0x1000, 4, 0x1000);
    for (unsigned i = 0; i != 64; ++i)
        BOOST_TEST_REQUIRE(f.fork(f.members.back()));
    BOOST_TEST(f.map.stats().anon_vmas() == 64U);
    BOOST_TEST(f.map.stats().links() == 1U);
    f.check(f.members.back(), 0x1003);
    BOOST_TEST(f.write(f.members.back()));
    BOOST_TEST(f.map.stats().links() == 0U);
    f.check(f.members.back(), 0x1003);
    // A second child beside an only one, then a third.
    auto& middle = *std::next(f.members.begin(), 30);
    f.fork(middle);
    f.fork(middle);
    f.check(middle, 0x1003);
    BOOST_TEST(f.write(f.members.back()));
    f.check(f.members.back(), 0x1002);
    for (unsigned i = 0; i != 60; ++i) {
        f.exit(std::next(f.members.begin(), static_cast<std::ptrdiff_t>(f.members.size() / 2)));
        f.check(f.members.back(), 0x1003);
    }
}

// Ranges change without an anon_vma and without memory, and are found under the new ones; also
// where an entry cannot say them.
BOOST_AUTO_TEST_CASE(ranges_change_without_memory) {
    for (const shape s : {shape{0x1000, 32, 0x1000}, shape{0x1000, far, 0x1000}}) {
        forest f;
        auto& parent = f.root(s.start, s.pages, s.pgoff);
        for (int i = 0; i != 6; ++i)
            f.fork(parent);
        auto& child = f.members.back();
        failing_memory::until_failure = 0;
        const auto becomes = [&](rmap::ops::span to) {
            BOOST_TEST((f.map.adjust(child.vma, to) == status::ok));
            BOOST_TEST(f.map.late(child.vma));
            f.check(child, to.pgoff);
            f.check(child, to.pgoff + to.pages - 1);
            f.check(child, to.pgoff - 1);
            f.check(child, to.pgoff + to.pages);
        };
        becomes({0x1004, 20, 0x1004});
        becomes({0x1002, 22, 0x1002});
        becomes({0x800, s.pages + 0x1000, 0x800});
        becomes({0x1000, s.pages, 0x1000});
        failing_memory::until_failure = failing_memory::never;
        BOOST_TEST(f.write(child));
        f.check(child, 0x1001);
    }
}

// What names an anon_vma: a split, a copy, a fork of the child's own.
BOOST_AUTO_TEST_CASE(of_its_own_when_it_is_named) {
    forest f;
    auto& parent = f.root(0x1000, 4, 0x1000);
    for (int i = 0; i != 3; ++i)
        f.fork(parent);
    auto at = std::next(f.members.begin());
    auto& split = *at++;
    auto& copied = *at++;
    auto& forked = *at++;
    f.split(split, 0x1002);
    BOOST_TEST((f.map.own(f.members.back().vma) == f.map.own(split.vma) && !f.map.late(split.vma)));
    f.copy(copied, 0x9000);
    BOOST_TEST((f.map.own(f.members.back().vma) == f.map.own(copied.vma)));
    BOOST_TEST(!f.map.late(copied.vma));
    auto& grandchild = *f.fork(forked);
    BOOST_TEST((!f.map.late(forked.vma) && f.map.late(grandchild.vma)));
    BOOST_TEST((f.map.nearest(grandchild.vma) == f.map.own(forked.vma)));
    for (auto& m : f.members)
        f.check(m, 0x1001);
}

// In a merge a late vma counts as faulted, with an anon_vma that is nobody else's.
BOOST_AUTO_TEST_CASE(merges_as_a_fork_child) {
    forest f;
    auto& parent = f.root(0x1000, 4, 0x1000);
    f.split(parent, 0x1002);
    f.fork(parent);
    auto& low = f.members.back();
    f.fork(*std::next(f.members.begin()));
    auto& high = f.members.back();

    types::map::request want;
    want.range = {0x1002, 2, 0x1002};
    want.prev = &low.vma;
    want.middle = &high.vma;
    BOOST_TEST((f.map.plan_merge(want) == rmap::merge_case::none));  // two fork children
    types::vma fresh{low.mm, 0xffe, 2, 0xffe};
    want = {};
    want.range = {0xffe, 2, 0xffe};
    want.next = &low.vma;
    BOOST_TEST((f.map.plan_merge(want) == rmap::merge_case::none));  // with an unfaulted range
    // A neighbour's first fault may not start with what a fork child has.
    BOOST_TEST((f.map.prepare(fresh, nullptr, &low.vma) == status::ok));
    BOOST_TEST((f.map.own(fresh) != f.map.nearest(low.vma) && f.map.late(low.vma)));
    f.map.unlink(fresh);
    // It grows in place without memory.
    want = {};
    want.range = {0x1002, 8, 0x1002};
    want.prev = &low.vma;
    want.growing = true;
    failing_memory::until_failure = 0;
    BOOST_TEST((f.map.merge(want).what == rmap::merge_case::extend_prev));
    failing_memory::until_failure = failing_memory::never;
    BOOST_TEST((f.map.late(low.vma) && low.vma.pages() == 10));
    f.check(low, 0x1009);
}

// Where a rule lets an unfaulted vma take over a fork child's chain, there is one to take over.
BOOST_AUTO_TEST_CASE(an_unfaulted_vma_takes_over) {
    struct loose : rmap::counted<tested<rmap::late_cow_tree>> {
        using merge = rmap::merges::linux_2_6_7;
    };
    using family = rmap_test::forest<loose>;
    family f;
    auto& parent = f.root(0x1000, 4, 0x1000);
    auto& child = *f.fork(parent);
    toy<loose>::vma before{child.mm, 0xffe, 2, 0xffe};
    toy<loose>::map::request want;
    want.range = {0x1000, 4, 0x1000};
    want.prev = &before;
    want.middle = &child.vma;
    const auto merged = f.map.merge(want);
    BOOST_TEST((merged.what == rmap::merge_case::all_into_prev));
    BOOST_TEST((!f.map.linked(child.vma) && f.map.own(before) != nullptr && before.pages() == 6));
    unsigned met = 0;
    BOOST_TEST((f.map
                    .walk_from(*f.map.own(parent.vma), 0x1003,
                               [&](const auto& place) { met += &place.vma() == &before; })
                    .state == status::ok));
    BOOST_TEST(met == 1U);
    f.map.unlink(before);
}

// All locks of an address space: a late vma's is that of its parent's tree.
BOOST_AUTO_TEST_CASE(all_locks_have_its_tree) {
    forest f;
    auto& parent = f.root(0x1000, 4, 0x1000);
    auto& child = *f.fork(parent);
    {
        const auto all = f.map.take_all_locks([&](auto each) { each(child.vma); });
        unsigned met = 0;
        const auto r = f.map.walk_from(
            *f.map.own(parent.vma), 0x1001, [&](const auto&) { ++met; }, rmap::walk_mode::try_lock);
        BOOST_TEST((r.state == status::contended && met == 0));
    }
    f.check(child, 0x1001);
}

}  // namespace
