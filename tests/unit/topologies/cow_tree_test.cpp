// SPDX-License-Identifier: BSL-1.0

// topologies::cow_tree against a model that keeps, for each vma, the set of anon_vmas that lead to
// it: random families of every shape; then what is particular to it: blocks that grow and shrink,
// ranges that an entry cannot say, memory bounded for endless fork chains.

#include <algorithm>
#include <list>
#include <random>
#include <vector>

#define BOOST_TEST_MODULE cow_tree
#include <boost/test/unit_test.hpp>

#include "support/forest.hpp"
#include "support/policies.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

struct counted_cow : rmap::counted<tested<rmap::cow_tree>> {};
using types = toy<counted_cow>;
using forest = rmap_test::forest<counted_cow>;
using steps = rmap_test::steps<counted_cow>;

struct shape {
    rmap::pgno start, pages;
    rmap::pgoff_t pgoff;
};

BOOST_AUTO_TEST_CASE(random_families) {
    // The last ones are of ranges and distances that 32 bits do not hold.
    constexpr rmap::pgno far = rmap::pgno{1} << 40;
    for (const shape s : {shape{0x1000, 32, 0x1000}, shape{0x1000, 32, 7}, shape{far, 32, 0x1000},
                          shape{far, 32, far}, shape{0x1000, far, 0x1000}}) {
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

// Nothing changes where memory runs out, in whatever step.
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

// Fork, the parent exits, fork, ...: with one, two and three processes alive at a time.
BOOST_AUTO_TEST_CASE(endless_chains_stay_small) {
    for (const std::size_t together : {1U, 2U, 3U}) {
        forest f;
        f.root(0x1000, 4, 0x1000);
        std::uint64_t most = 0;
        for (unsigned i = 0; i != 3000; ++i) {
            BOOST_TEST_REQUIRE(f.fork(f.members.back()));
            if (f.members.size() > together) f.exit(f.members.begin());
            most = std::max(most, f.map.stats().anon_vmas());
            if (i % 500 == 0) f.check(f.members.back(), 0x1001);
        }
        BOOST_TEST(most <= 2 * together + 2);
        BOOST_TEST(f.map.stats().link_bytes() < 1000 * together);
    }
}

// Wide families: blocks come, and go when most children are gone, whoever goes first.
BOOST_AUTO_TEST_CASE(wide_families_give_memory_back) {
    for (const unsigned step : {1U, 9U}) {
        forest f;
        auto& parent = f.root(0x1000, 4, 0x1000);
        std::vector<std::list<forest::member>::iterator> children;
        for (unsigned i = 0; i != 700; ++i) {
            BOOST_TEST_REQUIRE(f.fork(parent));
            children.push_back(std::prev(f.members.end()));
        }
        f.check(parent, 0x1002);
        const auto bytes = f.map.stats().link_bytes();
        BOOST_TEST(bytes < 700 * 24 * 3 / 2);
        for (unsigned i = 0; i != 690; ++i)
            f.exit(children[i * step % 700]);
        f.check(parent, 0x1002);
        BOOST_TEST(f.map.stats().link_bytes() < bytes / 4);
    }
}

// However many children there are, at most one of their blocks is not of the largest capacity: a
// walk over them is few runs. So it stays while children come and go.
BOOST_AUTO_TEST_CASE(children_are_in_few_blocks) {
    forest f;
    auto& parent = f.root(0x1000, 4, 0x1000);
    std::vector<std::list<forest::member>::iterator> children;
    const auto born = [&] {
        BOOST_TEST_REQUIRE(f.fork(parent));
        children.push_back(std::prev(f.members.end()));
    };
    while (children.size() != 400) {
        born();
        const std::uint64_t n = children.size();
        BOOST_TEST(f.map.stats().links() <= (n + 127) / 128);
        // A third of a growing block is empty at most, and 96 entries of a large one.
        BOOST_TEST(f.map.stats().link_bytes() <= 64 * (n / 128 + 1) + 24 * (n + n / 2 + 8));
        // A large block that was full and is again, beside a full one that is to grow.
        if (n % 64 == 0) {
            f.exit(children.front());
            children.erase(children.begin());
            born();
            BOOST_TEST(types::map::topology_type::valid(f.map, *f.map.own(parent.vma)));
        }
    }
    steps next{3};
    for (unsigned i = 0; i != 3000; ++i) {
        if (children.size() > 100 && (children.size() > 600 || next.below(1000) < 480 + i / 50)) {
            const std::size_t who = next.below(children.size());
            f.exit(children[who]);
            children[who] = children.back();
            children.pop_back();
        } else {
            born();
        }
        BOOST_TEST(types::map::topology_type::valid(f.map, *f.map.own(parent.vma)));
        if (i % 200 == 0) f.check(parent, 0x1003);
    }
}

// A cache line.
static_assert(sizeof(rmap::anon_vma<rmap::cow_tree>) <= 64 || sizeof(void*) != 8);

// What a fork is told before it takes the lock: to bring an anon_vma, unless one waits or may be
// taken over; also where the root's memory was a child's before.
BOOST_AUTO_TEST_CASE(forks_bring_what_they_need) {
    using topology = types::map::topology_type;
    forest f;
    for (unsigned round = 0; round != 3; ++round) {
        auto& parent = f.root(0x1000, 4, 0x1000);
        const auto& root = *f.map.own(parent.vma);
        BOOST_TEST(!topology::any_idle(root));
        BOOST_TEST(!topology::any_idle(*f.map.own(f.root(0x9000, 4, 0x9000).vma)));
        BOOST_TEST(topology::fork_takes_fresh(root));
        for (unsigned i = 0; i != 6; ++i)
            BOOST_TEST_REQUIRE(f.fork(parent));
        BOOST_TEST(topology::fork_takes_fresh(root));
        f.exit(std::prev(f.members.end()));
        BOOST_TEST(!topology::fork_takes_fresh(root));
        const auto anon_vmas = f.map.stats().anon_vmas();
        BOOST_TEST_REQUIRE(f.fork(f.members.back()));
        BOOST_TEST(f.map.stats().anon_vmas() == anon_vmas + 1);
        BOOST_TEST(topology::fork_takes_fresh(root));
        // A dead inner one.
        f.exit(std::prev(f.members.end(), 2));
        BOOST_TEST(topology::any_idle(root));
        BOOST_TEST(!topology::fork_takes_fresh(root));
        while (!f.members.empty())
            f.exit(std::prev(f.members.end()));
    }
}

// A fork costs one anon_vma at any depth, and of a chain every part is found.
BOOST_AUTO_TEST_CASE(deep_chains) {
    forest f;
    f.root(0x1000, 4, 0x1000);
    for (unsigned i = 0; i != 64; ++i)
        BOOST_TEST_REQUIRE(f.fork(f.members.back()));
    BOOST_TEST(f.map.stats().links() == 0U);
    BOOST_TEST(f.map.stats().anon_vmas() == 65U);
    f.check(f.members.back(), 0x1003);
    // From the middle outwards: ancestors without vmas keep their descendants' pages findable.
    for (unsigned i = 0; i != 60; ++i) {
        f.exit(std::next(f.members.begin(), static_cast<std::ptrdiff_t>(f.members.size() / 2)));
        f.check(f.members.back(), 0x1003);
    }
}

// Chains whose members get second children, at every depth, and whose members' ranges come to lie
// outside of their parents': blocks above cover what is far below them.
BOOST_AUTO_TEST_CASE(chains_that_branch) {
    for (const bool topmost_first : {true, false}) {
        for (const unsigned length : {3U, 10U, 40U}) {
            forest f;
            std::vector<forest::member*> chain{&f.root(0x1000, 8, 0x1000)};
            f.fork(*chain[0]);  // so that what follows is below a block
            for (unsigned i = 0; i != length; ++i) {
                chain.push_back(f.fork(*chain.back()));
                // Each half grows beyond its parent, half has less.
                auto& v = chain.back()->vma;
                const rmap::pgno pages = i % 2 == 0 ? v.pages() + 8 : v.pages() - 4;
                BOOST_TEST((f.map.adjust(v, {v.start(), pages, v.pgoff()}) == status::ok));
            }
            const auto far = chain.back()->vma.pgoff() + chain.back()->vma.pages() - 1;
            for (unsigned i = 0; i != length; ++i) {
                f.fork(*chain[topmost_first ? i : length - 1 - i]);
                f.check(*chain.back(), far);
                f.check(*chain[i], chain[i]->vma.pgoff() + chain[i]->vma.pages() - 1);
            }
            for (auto* m : chain)
                BOOST_TEST(types::map::topology_type::valid(f.map, *f.map.own(m->vma)));
        }
    }
}

// A vma in thousands of pieces: a walk looks into the blocks that can have the offset.
BOOST_AUTO_TEST_CASE(thousands_of_pieces) {
    forest f;
    f.root(0x1000, 1 << 12, 0x1000);
    for (unsigned i = 1; i != 1 << 9; ++i) {
        f.split(f.members.back(), f.members.back().vma.start() + 2);
    }
    BOOST_TEST(f.members.size() == 1U << 9);
    for (const rmap::pgoff_t index : {0x1000U, 0x1001U, 0x1200U, 0x13ffU, 0x1fffU}) {
        f.check(f.members.front(), index);
    }
    std::size_t left = 1 << 9;
    for (auto m = f.members.begin(); m != f.members.end(); ++left) {
        const auto next = std::next(m);
        if (left % 3 != 0) f.exit(m);
        m = next;
    }
    f.check(f.members.front(), f.members.front().vma.pgoff());
}

}  // namespace
