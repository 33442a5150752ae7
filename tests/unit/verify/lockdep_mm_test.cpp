// SPDX-License-Identifier: BSL-1.0

// lockdep over the shipped operations: a tour of the reference mm is silent, and its graph agrees
// with locking/order.hpp; the stack expansion that seed 002's first reply objects to is reported
// from one run of one thread.

#define BOOST_TEST_MODULE lockdep_mm
#include <boost/test/unit_test.hpp>

#include <array>
#include <set>
#include <string>

#include <rmap/locking/lock_all.hpp>
#include <rmap/locking/sharded_root.hpp>
#include <rmap/mm/system.hpp>
#include <rmap/verify/lockdep.hpp>

#include "support/lock_reports.hpp"
#include "support/mm_family.hpp"

namespace {

using rmap::lock_rank;
using rmap::status;
using rmap::verify::lock_edge;
using rmap::verify::lock_graph;
using rmap::verify::lock_problem;
using rmap_test::family_op;
using rmap_test::lock_reports;

struct watched : rmap::default_policy {
    using lock = rmap::verify::lockdep<rmap::default_policy::lock>;
    using allocator = rmap_test::counted_memory;
};
struct watched_lock_all : watched {
    using locking = rmap::locking::lock_all;
};
struct watched_shards : watched {
    using locking = rmap::locking::basic_sharded_root<2, 1>;
};
using watched_mm = rmap::mm::system<watched>;
constexpr auto rw = rmap::mm::prot::r | rmap::mm::prot::w;

/// A stack grows downwards, as it was first posted in April 2010: the page_table_lock, so that the
/// chain of the vma stands still, and then the lock of the anon_vma.
template <class Map>
status expand_down_as_first_posted(Map& map, typename Map::vma_type& v, rmap::pgno new_start) {
    using policy = typename Map::policy;
    const rmap::ops::span from = rmap::ops::span_of<Map>(v);
    const rmap::pgno by = from.start - new_start;
    if (rmap::ops::prepare(map, map.memory(), v, nullptr, nullptr) != status::ok) {
        return status::no_memory;
    }
    const rmap::write_guard space{Map::page_table_lock(v)};
    const typename policy::locking::template update<policy> tree{*Map::own(v)};
    rmap::ops::adjust_locked(map, v, {new_start, from.pages + by, from.pgoff - by});
    return status::ok;
}

/// An address space with a stack of eight pages at 100.
struct stack {
    stack() {
        BOOST_TEST_REQUIRE((mm.create_space(space) == status::ok));
        BOOST_TEST_REQUIRE((mm.mmap(*space, {100, 8, rw, rmap::mm::kind::anon, nullptr, 0, false,
                                             true}) == status::ok));
    }
    watched_mm mm{};
    watched_mm::space* space = nullptr;
};

void grow_as_first_posted(stack& s) {
    const rmap::write_guard held{s.space->mmap_lock};
    auto& v = *s.space->find(100);
    s.space->erase(v);
    BOOST_TEST((expand_down_as_first_posted(s.mm.map(), v, 96) == status::ok));
    s.space->insert(v);
}

bool has(const std::string& all, const std::string& part) {
    return all.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(stack_expansion_as_first_posted) {
    lock_reports reports;
    stack s;
    grow_as_first_posted(s);
    BOOST_REQUIRE(reports.all().size() == 1);
    const auto report = reports.all()[0];
    BOOST_TEST_MESSAGE(report.text);
    BOOST_TEST((report.what == lock_problem::inversion));
    BOOST_TEST(has(report.text, "tree lock is taken while page_table_lock is held"));
    // Both chains, with their places: prepare, and the expansion.
    BOOST_TEST(has(report.text, "before, tree lock then page_table_lock"));
    BOOST_TEST(has(report.text, "ops/prepare.hpp:"));
    BOOST_TEST(has(report.text, "lockdep_mm_test.cpp:"));
    BOOST_TEST(has(report.text, "expand_down_as_first_posted"));
    BOOST_TEST(has(report.text, "tree lock comes before page_table_lock"));
}

// Where nobody took the locks in the right order yet: the order of the library says so.
BOOST_AUTO_TEST_CASE(stack_expansion_as_first_posted_and_nothing_else) {
    lock_reports reports;
    stack s;
    BOOST_TEST((s.mm.write(*s.space, 100) == status::ok));
    lock_graph::global().reset();
    grow_as_first_posted(s);
    BOOST_TEST(reports.take() == "rank");
}

BOOST_AUTO_TEST_CASE(stack_expansion_as_shipped) {
    lock_reports reports;
    stack s;
    BOOST_TEST((s.mm.grow(*s.space, 100, 96) == status::ok));
    BOOST_TEST((s.mm.write(*s.space, 97) == status::ok));
    BOOST_TEST((s.mm.grow(*s.space, 96, 92) == status::ok));
    BOOST_TEST(reports.take() == "");
}

/// Every operation of the reference mm has had an effect, and nothing was reported.
template <class Policy, class Then>
void tour(Then then) {
    lock_reports reports;
    {
        rmap_test::mm_family<Policy> family;
        std::array<typename rmap::mm::system<Policy>::space*, 2> own{};
        typename rmap_test::mm_family<Policy>::counts done{};
        family.work(7, 4000, own, done);
        for (std::size_t op = 0; op != done.size(); ++op) {
            BOOST_TEST(done[op] != 0, "operation " << op << " never had an effect");
        }
        family.leave(own);
        then(family.of());
    }
    for (const auto& r : reports.all())
        BOOST_ERROR(r.text);
}

/// Every edge leads inwards, but between locks of one rank for those named.
void agrees_with_order(const std::set<std::string>& same_rank) {
    std::set<std::string> found;
    std::size_t edges = 0;
    lock_graph::global().for_each_edge([&](const lock_edge& e) {
        ++edges;
        const std::string ends =
            name_of_lock(e.from, e.from_subclass) + " -> " + name_of_lock(e.to, e.to_subclass);
        BOOST_TEST((e.from->ranked() && e.to->ranked()), ends);
        BOOST_TEST(!e.wrong, ends);
        if (e.from == e.to) {
            found.insert(ends);
            BOOST_TEST((e.nested || e.from_subclass < e.to_subclass), ends);
        } else {
            BOOST_TEST((e.from->rank() < e.to->rank()), ends);
        }
    });
    BOOST_TEST(found == same_rank, boost::test_tools::per_element());
    BOOST_TEST(edges > 20);
    std::string dot;
    lock_graph::global().dump_dot([&](const char* s, std::size_t n) { dot.append(s, n); });
    BOOST_TEST_MESSAGE(dot);
    BOOST_TEST(has(dot, "\"tree lock\" -> \"page_table_lock\";"));
    BOOST_TEST(!has(dot, "red"));
}

BOOST_AUTO_TEST_CASE(tour_of_root) {
    tour<watched>([](watched_mm& mm) {
        // What the family does not do: all locks at once.
        watched_mm::space* space = nullptr;
        watched_mm::file_type* files[2] = {};
        BOOST_TEST((mm.create_space(space) == status::ok));
        for (rmap::pgno i = 0; i != 2; ++i) {
            BOOST_TEST((mm.create_file(files[i]) == status::ok));
            BOOST_TEST((mm.resize(*files[i], 4) == status::ok));
            BOOST_TEST((mm.mmap(*space, {100 * i, 4, rw, rmap::mm::kind::private_file, files[i],
                                         0}) == status::ok));
            BOOST_TEST((mm.write(*space, 100 * i) == status::ok));
        }
        const rmap::write_guard held{space->mmap_lock};
        const auto all = mm.map().take_all_locks([&](auto f) { mm.for_each_vma(*space, f); });
    });
    agrees_with_order({
        "page lock -> page lock/1",  // migration (the new page), same-page merging
        "pte lock -> pte lock/1",    // fork and mremap: source, then target
        "i_mmap -> i_mmap",          // take_all_locks
        "tree lock -> tree lock",    // take_all_locks
    });
}

BOOST_AUTO_TEST_CASE(tour_of_lock_all) {
    tour<watched_lock_all>([](auto&) {});
    agrees_with_order({
        "page lock -> page lock/1", "pte lock -> pte lock/1",
        "tree lock -> tree lock",  // the anon_vmas of a chain, under the anon_vma_chain_lock
    });
}

BOOST_AUTO_TEST_CASE(tour_of_sharded_root) {
    tour<watched_shards>([](auto&) {});
    agrees_with_order({
        "page lock -> page lock/1", "pte lock -> pte lock/1",
        "shard lock -> shard lock/1",  // a vma that lies on both
        "tree lock -> tree lock",      // the anon_vmas of a chain, under a shard
    });
}
