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

#include "support/policies.hpp"
#include "support/toy.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

struct counted_cow : rmap::counted<tested<rmap::cow_tree>> {};
using types = toy<counted_cow>;
using anon_vma = rmap::anon_vma<counted_cow>;

/// A family whose members are known twice.
class forest {
public:
    struct member {
        types::mm mm{};
        types::vma vma;
        std::vector<anon_vma*> chain{};
        member(types::mm* in, rmap::pgno start, rmap::pgno pages, rmap::pgoff_t pgoff)
            : vma{in != nullptr ? *in : mm, start, pages, pgoff} {}
    };

    ~forest() {
        while (!members.empty())
            exit(members.begin());
        map.trim();
        BOOST_TEST(failing_memory::alive == alive_);
    }

    member& root(rmap::pgno start, rmap::pgno pages, rmap::pgoff_t pgoff) {
        member& m = members.emplace_back(nullptr, start, pages, pgoff);
        BOOST_TEST((map.prepare(m.vma) == status::ok));
        m.chain = {map.own(m.vma)};
        return m;
    }
    member* fork(member& parent) {
        member& m = members.emplace_back(nullptr, parent.vma.start(), parent.vma.pages(),
                                         parent.vma.pgoff());
        if (map.fork(m.vma, parent.vma) != status::ok) {
            members.pop_back();
            return nullptr;
        }
        m.chain = parent.chain;
        anon_vma* const own = map.own(m.vma);
        if (std::find(m.chain.begin(), m.chain.end(), own) == m.chain.end()) {
            m.chain.push_back(own);
        }
        // Until its entries are copied, the child is behind the parent in every walk that meets
        // both.
        for (anon_vma* av : parent.chain) {
            const auto met = walk(*av, m.vma.pgoff());
            const auto at = [&](member& of) {
                return std::find(met.begin(), met.end(), &of.vma) - met.begin();
            };
            BOOST_TEST(at(parent) < at(m));
        }
        return &m;
    }
    void exit(std::list<member>::iterator m) {
        map.unlink(m->vma);
        members.erase(m);
    }
    /// A copy at another place, as mremap makes.
    void copy(member& of, rmap::pgno to) {
        member& m = members.emplace_back(&of.vma.mm(), to, of.vma.pages(), of.vma.pgoff());
        if (map.clone(m.vma, of.vma, rmap::ops::clone_op::remap) != status::ok) {
            members.pop_back();
            return;
        }
        m.chain = of.chain;
        const auto met = walk(*of.chain.back(), of.vma.pgoff());
        BOOST_TEST((std::find(met.begin(), met.end(), &of.vma) <
                    std::find(met.begin(), met.end(), &m.vma)));
    }
    void split(member& of, rmap::pgno at) {
        member& m = members.emplace_back(&of.vma.mm(), at, 1, 0);
        if (map.split(of.vma, m.vma, at) != status::ok) {
            members.pop_back();
            return;
        }
        m.chain = of.chain;
    }

    std::vector<types::vma*> walk(anon_vma& av, rmap::pgoff_t index) {
        std::vector<types::vma*> met;
        const auto walked = map.walk_from(av, index, [&](const auto& place) {
            met.push_back(&place.vma());
            BOOST_TEST((&place.mm() == &place.vma().mm()));
            BOOST_TEST((place.address() - place.vma().start() == index - place.vma().pgoff()));
        });
        BOOST_TEST((walked.state == status::ok && walked.visited == met.size()));
        return met;
    }
    /// The walk from every anon_vma of a member, at an offset, meets what the model says.
    void check(member& of, rmap::pgoff_t index) {
        for (anon_vma* av : of.chain) {
            std::vector<types::vma*> expected;
            for (member& m : members) {
                if (std::find(m.chain.begin(), m.chain.end(), av) == m.chain.end()) continue;
                if (index - m.vma.pgoff() < m.vma.pages()) expected.push_back(&m.vma);
            }
            auto met = walk(*av, index);
            std::sort(met.begin(), met.end());
            std::sort(expected.begin(), expected.end());
            BOOST_TEST((met == expected));
            std::size_t all = 0;
            std::size_t linked = 0;
            types::map::topology_type::visit_all(map, *av, [&](types::vma&) { return ++all != 0; });
            for (member& m : members)
                linked += std::find(m.chain.begin(), m.chain.end(), av) != m.chain.end() ? 1U : 0U;
            BOOST_TEST(all == linked);
        }
        std::vector<anon_vma*> chain;
        map.for_each_link(of.vma, [&](anon_vma& av) { chain.push_back(&av); });
        std::sort(chain.begin(), chain.end());
        auto known = of.chain;
        std::sort(known.begin(), known.end());
        BOOST_TEST((chain == known));
    }

    types::map map{};
    std::list<member> members{};

private:
    const long alive_ = failing_memory::alive;
};

class steps {
public:
    explicit steps(unsigned seed) : random_{seed} {}

    std::size_t below(std::size_t n) { return random_() % n; }
    std::list<forest::member>::iterator any(forest& f) {
        return std::next(f.members.begin(), static_cast<std::ptrdiff_t>(below(f.members.size())));
    }
    void one(forest& f, std::size_t most) {
        const auto m = any(f);
        const std::size_t what = below(100);
        if (what < 40 && f.members.size() < most) {
            f.fork(*m);
        } else if (what < 60 && f.members.size() > 1) {
            f.exit(m);
        } else if (what < 70) {
            f.split(*m, m->vma.start() + below(m->vma.pages() + 1));
        } else if (what < 75) {
            f.copy(*m, m->vma.start() + 0x100000 * (1 + below(4)));
        } else if (what < 90) {
            const rmap::pgno cut = below(m->vma.pages());
            const rmap::pgno head = below(2) == 0 ? cut : 0;
            BOOST_TEST((f.map.adjust(m->vma, {m->vma.start() + head, m->vma.pages() - cut,
                                              m->vma.pgoff() + head}) == status::ok));
        } else if (m->vma.pages() < 64) {
            BOOST_TEST((f.map.adjust(m->vma, {m->vma.start(), m->vma.pages() + below(8) + 1,
                                              m->vma.pgoff()}) == status::ok));
        }
    }

private:
    std::minstd_rand random_;
};

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
        const anon_vma& root = *f.map.own(parent.vma);
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
