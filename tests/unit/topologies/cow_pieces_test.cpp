// SPDX-License-Identifier: BSL-1.0

// Thousands of vmas in one anon_vma of topologies::cow_tree: cut, joined, moved, changed and
// dropped at random, against a plain list of what there is; what its index takes and gives back;
// and how many fields a walk reads, which says how it grows with the number.

// Level 3 looks at all of an anon_vma after every change; with thousands the test does so itself.
#undef RMAP_DEBUG_LEVEL
#define RMAP_DEBUG_LEVEL 2

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#define BOOST_TEST_MODULE cow_pieces
#include <boost/test/unit_test.hpp>

#include "support/failing_memory.hpp"
#include "support/toy.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

/// Counts what is read of fields that a lock protects.
struct counting : rmap::atomics::builtin {
    static inline std::uint64_t reads = 0;

    template <class T>
    class plain {
    public:
        constexpr plain() noexcept : value_{} {}
        constexpr plain(T value) noexcept : value_{value} {}
        constexpr plain& operator=(T value) noexcept {
            value_ = value;
            return *this;
        }
        operator T() const noexcept { return get(); }
        T get() const noexcept {
            ++reads;
            return value_;
        }
        T operator->() const noexcept requires std::is_pointer_v<T> { return get(); }

    private:
        T value_;
    };
};

struct policy : rmap::counted<rmap::cow_tree> {
    using atomics = counting;
    using allocator = failing_memory;
};
using types = toy<policy>;
using topology = policy::topology;

/// The pieces of one anon_vma, and those of a fork child's that mirror them.
class pieces {
public:
    struct piece {
        types::vma vma;
        const piece* came_of = nullptr;  // a copy, of this one
        piece(types::mm& in, rmap::pgno start, rmap::pgno n, rmap::pgoff_t pgoff)
            : vma{in, start, n, pgoff} {}
    };
    using owner = std::unique_ptr<piece>;

    ~pieces() {
        while (!all.empty())
            drop(all.size() - 1);
        map.trim();
        BOOST_TEST(failing_memory::alive == alive_);
    }

    piece& add(rmap::pgno start, rmap::pgno n, rmap::pgoff_t pgoff) {
        return *all.emplace_back(std::make_unique<piece>(mm, start, n, pgoff));
    }
    void root(rmap::pgno start, rmap::pgno n, rmap::pgoff_t pgoff) {
        BOOST_TEST_REQUIRE((map.prepare(add(start, n, pgoff).vma) == status::ok));
        av = map.own(all[0]->vma);
    }
    bool split(std::size_t i, rmap::pgno at) {
        types::vma& v = all[i]->vma;
        piece& upper = add(at, 1, 0);
        if (map.split(v, upper.vma, at) == status::ok) {
            upper.came_of = all[i]->came_of;
            return true;
        }
        all.pop_back();
        return false;
    }
    bool copy(std::size_t i, rmap::pgno start) {
        types::vma& v = all[i]->vma;
        piece& to = add(start, v.pages(), v.pgoff());
        if (map.clone(to.vma, v, rmap::ops::clone_op::remap) == status::ok) {
            to.came_of = all[i].get();
            return true;
        }
        all.pop_back();
        return false;
    }
    void drop(std::size_t i) {
        for (const owner& p : all)
            if (p->came_of == all[i].get()) p->came_of = nullptr;
        map.unlink(all[i]->vma);
        all[i] = std::move(all.back());
        all.pop_back();
    }
    /// Joins a piece with what follows it, if anything does.
    void merge(std::size_t i) {
        types::vma& v = all[i]->vma;
        for (std::size_t j = 0; j != all.size(); ++j) {
            types::vma& next = all[j]->vma;
            if (v.end() != next.start() || v.pgoff() + v.pages() != next.pgoff()) continue;
            types::map::request want;
            want.range = {next.start(), next.pages(), next.pgoff()};
            want.prev = &v;
            want.middle = &next;
            const auto merged = map.merge(want);
            BOOST_TEST_REQUIRE((merged.state == status::ok && merged.removed[0] == &next));
            drop(j);  // it is linked no more
            return;
        }
    }

    std::vector<piece*> walk(rmap::pgoff_t index) {
        std::vector<piece*> met;
        const auto walked = map.walk_from(*av, index, [&](const auto& place) {
            types::vma& v = place.vma();
            BOOST_TEST_REQUIRE((place.address() - v.start() == index - v.pgoff()));
            met.push_back(reinterpret_cast<piece*>(&v));
        });
        BOOST_TEST_REQUIRE((walked.state == status::ok));
        return met;
    }
    /// A walk meets what there is, a copy after its source.
    void check(rmap::pgoff_t index) {
        auto met = walk(index);
        for (auto at = met.begin(); at != met.end(); ++at) {
            BOOST_TEST_REQUIRE((std::find(at, met.end(), (*at)->came_of) == met.end()));
        }
        std::vector<piece*> expected;
        for (const owner& p : all)
            if (index - p->vma.pgoff() < p->vma.pages()) expected.push_back(p.get());
        std::sort(met.begin(), met.end());
        std::sort(expected.begin(), expected.end());
        BOOST_TEST_REQUIRE((met == expected));
    }
    void valid() { BOOST_TEST_REQUIRE(topology::valid(map, *av)); }
    /// How many fields a walk of an offset reads.
    std::uint64_t reads(rmap::pgoff_t index) {
        const std::uint64_t before = counting::reads;
        static_cast<void>(map.walk_from(*av, index, [](const auto&) {}));
        return counting::reads - before;
    }

    types::mm mm{};
    types::map map{};
    std::vector<owner> all{};
    rmap::anon_vma<policy>* av = nullptr;

private:
    const long alive_ = failing_memory::alive;
};

struct random_steps {
    std::minstd_rand random;
    std::size_t below(std::size_t n) { return random() % n; }

    void one(pieces& p, std::size_t most) {
        const std::size_t i = below(p.all.size());
        types::vma& v = p.all[i]->vma;
        const std::size_t what = below(100);
        const rmap::pgno cut = below(v.pages());
        const std::size_t room = most > p.all.size() ? 45 : 10;
        if (what < room) {
            static_cast<void>(cut != 0 && p.split(i, v.start() + cut));
        } else if (what < room + 3) {
            static_cast<void>(p.copy(i, v.start() + 0x10000000 * (1 + below(4))));
        } else if (what < 60) {
            if (p.all.size() > 2) p.drop(i);
        } else if (what < 75) {
            p.merge(i);
        } else {
            // An end moves: the head or the tail shrinks; what shrank may grow again.
            const rmap::pgno head = below(2) == 0 ? cut : 0;
            const rmap::pgno more = cut == 0 ? below(5) : 0;
            BOOST_TEST_REQUIRE((p.map.adjust(v, {v.start() + head, v.pages() - cut + more,
                                                 v.pgoff() + head}) == status::ok));
        }
    }
};

struct shape {
    rmap::pgno start, pages;
    rmap::pgoff_t pgoff;
};
// The last ones are of ranges and distances that 32 bits do not hold.
constexpr rmap::pgno far = rmap::pgno{1} << 40;
constexpr shape shapes[] = {
    {0x1000, 1 << 16, 0x1000}, {0x1000, 1 << 16, 7}, {far, 1 << 16, 0x1000}, {0x1000, far, 0x1000}};

BOOST_AUTO_TEST_CASE(random_pieces) {
    for (const shape s : shapes) {
        for (const std::size_t most : {6U, 40U, 3000U}) {
            pieces p;
            random_steps next{std::minstd_rand{static_cast<unsigned>(most)}};
            p.root(s.start, s.pages, s.pgoff);
            for (unsigned i = 0; i != 12000; ++i) {
                next.one(p, most);
                const types::vma& v = p.all[next.below(p.all.size())]->vma;
                if (i % 8 == 0) p.check(v.pgoff() + next.below(v.pages()));
                if (i % 64 == 0) p.valid();
            }
            p.valid();
        }
    }
}

// Every other page is protected otherwise, and back.
BOOST_AUTO_TEST_CASE(cut_and_joined_in_order) {
    pieces p;
    p.root(0x1000, 20000, 0x1000);
    for (rmap::pgno at = 0x1001; at != 0x1000 + 20000; ++at)
        BOOST_TEST_REQUIRE(p.split(p.all.size() - 1, at));
    p.valid();
    BOOST_TEST(p.map.stats().link_bytes() < 20000U * 32);
    for (const rmap::pgoff_t index : {0x1000U, 0x1001U, 0x1777U, 0x1000U + 19999U})
        p.check(index);
    types::vma& first = p.all[0]->vma;
    for (std::size_t i = 1; i != p.all.size(); ++i) {
        types::map::request want;
        types::vma& next = p.all[i]->vma;
        want.range = {next.start(), next.pages(), next.pgoff()};
        want.prev = &first;
        want.middle = &next;
        BOOST_TEST_REQUIRE((p.map.merge(want).what == rmap::merge_case::all_into_prev));
        if (i % 1000 == 0) p.valid();
    }
    p.all.resize(1);
    BOOST_TEST(first.pages() == 20000U);
    BOOST_TEST(p.map.stats().links() == 0U);
}

// What is left of many is found, and takes what few take.
BOOST_AUTO_TEST_CASE(memory_comes_back) {
    for (const unsigned seed : {1U, 2U, 3U}) {
        pieces p;
        random_steps next{std::minstd_rand{seed}};
        p.root(0x1000, 1 << 20, 0x1000);
        while (p.all.size() != 4000) {
            const std::size_t i = next.below(p.all.size());
            const types::vma& v = p.all[i]->vma;
            if (v.pages() > 1)
                BOOST_TEST_REQUIRE(p.split(i, v.start() + 1 + next.below(v.pages() - 1)));
        }
        p.valid();
        const std::uint64_t most = p.map.stats().link_bytes();
        BOOST_TEST(most < 4000U * 60);
        while (p.all.size() != 40)
            p.drop(next.below(p.all.size()));
        p.valid();
        BOOST_TEST(p.map.stats().link_bytes() < most / 25);
        for (const auto& left : p.all)
            p.check(left->vma.pgoff());
        while (p.all.size() != 1)
            p.drop(0);
        BOOST_TEST(p.map.stats().links() == 0U);
    }
}

// A walk of one offset reads about as much for a thousand pieces as for ten, a level of the index
// more; whatever order they came in.
BOOST_AUTO_TEST_CASE(walks_grow_with_the_logarithm) {
    enum class order { forwards, backwards, both_ways, at_random, cut_in_order };
    for (const order how : {order::forwards, order::backwards, order::both_ways, order::at_random,
                            order::cut_in_order}) {
        for (const std::uint64_t bits : {4U, 7U, 10U, 12U}) {
            const std::uint64_t n = std::uint64_t{1} << bits;
            pieces p;
            random_steps next{std::minstd_rand{5}};
            if (how == order::cut_in_order) {
                p.root(0x1000, n, 0x1000);
                while (p.all.size() != n)
                    BOOST_TEST_REQUIRE(p.split(p.all.size() - 1, p.all.back()->vma.start() + 1));
            } else if (how == order::at_random) {
                p.root(0x1000, 1 << 20, 0x1000);
                while (p.all.size() != n) {
                    const std::size_t i = next.below(p.all.size());
                    const types::vma& v = p.all[i]->vma;
                    if (v.pages() > 1) static_cast<void>(p.split(i, v.start() + v.pages() / 2));
                }
            } else {
                // First faults of small vmas side by side, which share.
                p.root(0x1000000, 1, 0x1000000);
                types::vma* low = &p.all[0]->vma;
                types::vma* high = low;
                for (std::uint64_t i = 1; i != n; ++i) {
                    const bool up =
                        how == order::forwards || (how == order::both_ways && i % 2 == 0);
                    const rmap::pgno at = up ? high->start() + 1 : low->start() - 1;
                    types::vma& v = p.add(at, 1, at).vma;
                    BOOST_TEST_REQUIRE(
                        (p.map.prepare(v, up ? high : nullptr, up ? nullptr : low) == status::ok));
                    (up ? high : low) = &v;
                }
            }
            p.valid();
            std::uint64_t most = 0;
            for (unsigned i = 0; i != 200; ++i) {
                const rmap::pgoff_t index = p.all[next.below(p.all.size())]->vma.pgoff();
                most = std::max(most, p.reads(index));
            }
            BOOST_TEST_CONTEXT("order " << static_cast<int>(how) << ", " << n << " pieces") {
                BOOST_TEST(most <= 40 + 20 * bits);
            }
        }
    }
}

// Nothing changes where memory runs out, whichever of the blocks is lacking.
BOOST_AUTO_TEST_CASE(memory_fails) {
    pieces p;
    random_steps next{std::minstd_rand{9}};
    p.root(0x1000, 1 << 16, 0x1000);
    long most = 0;
    while (p.all.size() != 3000) {
        const std::size_t i = next.below(p.all.size());
        const rmap::pgno start = p.all[i]->vma.start();
        const rmap::pgno n = p.all[i]->vma.pages();
        if (n == 1) continue;
        const auto before = p.map.stats().links();
        const std::size_t there = p.all.size();
        most = std::max(most, with_failures([&] {
                            if (p.split(i, start + n / 2)) return true;
                            BOOST_TEST_REQUIRE(p.map.stats().links() == before);
                            BOOST_TEST_REQUIRE(p.all.size() == there);
                            BOOST_TEST_REQUIRE(p.all[i]->vma.pages() == n);
                            p.valid();
                            return false;
                        }));
        if (there % 100 == 0) p.check(start + n / 2);
    }
    BOOST_TEST(most == 3);  // a block, half of one of the index, and a new root over them
    p.valid();
}

// A child's entry in its parent covers what the child's pieces cover.
BOOST_AUTO_TEST_CASE(pieces_of_a_fork_child) {
    pieces p;
    p.root(0x1000, 4096, 0x1000);
    types::mm other;
    std::vector<std::unique_ptr<types::vma>> parts;
    parts.push_back(std::make_unique<types::vma>(other, 0x1000, 4096, 0x1000));
    BOOST_TEST_REQUIRE((p.map.fork(*parts[0], p.all[0]->vma) == status::ok));
    types::mm third;
    types::vma sibling{third, 0x1000, 4096, 0x1000};  // an only child has no entry
    BOOST_TEST_REQUIRE((p.map.fork(sibling, p.all[0]->vma) == status::ok));
    for (rmap::pgno at = 0x1000 + 4094; at != 0x1000; at -= 2) {
        parts.push_back(std::make_unique<types::vma>(other, at, 1, 0));
        BOOST_TEST_REQUIRE((p.map.split(*parts[0], *parts.back(), at) == status::ok));
    }
    const auto found = [&](rmap::pgoff_t index) {
        return p.map.walk_from(*p.av, index, [](const auto&) {}).visited;
    };
    p.valid();
    for (const auto& part : parts)
        BOOST_TEST_REQUIRE(found(part->pgoff()) == 3U);
    // From both ends, so that what is covered shrinks.
    for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
        types::vma& goes = *parts[i % 2 == 0 ? i / 2 : parts.size() - (i + 1) / 2];
        const rmap::pgoff_t was = goes.pgoff();
        p.map.unlink(goes);
        BOOST_TEST_REQUIRE(found(was) == 2U);
        if (i % 100 == 0) p.valid();
    }
    for (const auto& part : parts)
        p.map.unlink(*part);
    BOOST_TEST(found(0x1000) == 2U);
    p.map.unlink(sibling);
    BOOST_TEST(found(0x1000) == 1U);
    p.valid();
}

}  // namespace
