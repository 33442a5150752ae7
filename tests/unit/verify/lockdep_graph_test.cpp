// SPDX-License-Identifier: BSL-1.0

// The graph that lockdep keeps: readers in circles, several locks of one class, chains that are
// checked once, and what is drawn. The inner lock is none, so that nothing hangs.

#define BOOST_TEST_MODULE lockdep_graph
#include <boost/test/unit_test.hpp>

#include <array>
#include <string>

#include <rmap/verify/lockdep.hpp>

#include "support/lock_reports.hpp"

namespace {

using rmap::nested;
using rmap::nested_in;
using rmap::read_guard;
using rmap::write_guard;
using rmap::verify::lock_graph;
using rmap_test::lock_a;
using rmap_test::lock_b;
using rmap_test::lock_c;
using rmap_test::lock_reports;
using rmap_test::reader_a;
using rmap_test::reader_b;

}  // namespace

BOOST_AUTO_TEST_CASE(readers_take_part_in_circles) {
    lock_reports reports;
    lock_a a;
    lock_b b;
    {
        const read_guard outer{a};
        const write_guard inner{b};
    }
    {
        const write_guard outer{b};
        const read_guard inner{a};  // waits for a writer that waits for the first reader
    }
    BOOST_TEST(reports.take() == "inversion");
}

BOOST_AUTO_TEST_CASE(readers_that_never_wait_for_readers) {
    lock_reports reports;
    reader_a a;
    reader_b b;
    {
        const read_guard outer{a};
        const write_guard inner{b};
    }
    {
        const write_guard outer{b};
        const read_guard inner{a};
    }
    BOOST_TEST(reports.take() == "");
    // One that holds `a` exclusively closes the circle.
    {
        const write_guard outer{a};
        const write_guard inner{b};
    }
    BOOST_TEST(reports.take() == "inversion");
}

// The same two chains, the other one first.
BOOST_AUTO_TEST_CASE(readers_that_never_wait_for_readers_and_close_the_circle) {
    lock_reports reports;
    reader_a a;
    reader_b b;
    {
        const write_guard outer{b};
        const read_guard inner{a};
    }
    {
        const read_guard outer{a};
        const write_guard inner{b};
    }
    BOOST_TEST(reports.take() == "");
}

BOOST_AUTO_TEST_CASE(same_class) {
    lock_reports reports;
    std::array<lock_a, 3> a;
    {
        const write_guard first{a[0]};
        const write_guard second{a[1]};
    }
    BOOST_TEST(reports.take() == "same class");
    {
        const write_guard first{a[0]};
        const write_guard second{a[1], nested{1}};
        const write_guard third{a[2], nested{2}};
    }
    BOOST_TEST(reports.take() == "");
    {
        const write_guard second{a[1], nested{1}};
        const write_guard first{a[0]};
    }
    BOOST_TEST(reports.take() == "inversion");
}

BOOST_AUTO_TEST_CASE(nested_in_an_outer_lock) {
    lock_reports reports;
    lock_b outer;
    std::array<lock_a, 5> a;
    {
        const write_guard held{outer};
        for (lock_a& one : a)
            lock_exclusively(one, nested_in{outer});
        for (lock_a& one : a) {
            BOOST_TEST(one.is_held());
            one.unlock();
        }
    }
    BOOST_TEST(reports.take() == "");
    std::string edges;
    lock_graph::global().for_each_edge([&](const rmap::verify::lock_edge& e) {
        edges += std::string{e.from->name()} + e.to->name() + (e.nested ? "n " : " ");
    });
    BOOST_TEST(edges == "ba aan ");

    // Not held, and not enough.
    { const write_guard one{a[0], nested_in{outer}}; }
    BOOST_TEST(reports.take() == "nest lock not held");
    {
        const read_guard held{outer};
        const write_guard one{a[0], nested_in{outer}};
    }
    BOOST_TEST(reports.take() == "nest lock not held");
}

// Each chain is checked once, however often it comes.
BOOST_AUTO_TEST_CASE(chains_are_checked_once) {
    lock_reports reports;
    std::array<lock_a, 2> a;
    lock_b b;
    for (lock_a& one : a) {
        for (int i = 0; i != 10; ++i) {
            const write_guard outer{one};
            const write_guard inner{b};
        }
    }
    BOOST_TEST(lock_graph::global().count().chains == 2);  // a; a, b
    {
        const read_guard outer{a[0]};
        const write_guard inner{b};
    }
    BOOST_TEST(lock_graph::global().count().chains == 4);
    // Any number of locks under one outer lock: it, the first, the second.
    lock_graph::global().reset();
    std::array<lock_a, 20> many;
    const write_guard outer{b};
    for (lock_a& one : many)
        lock_exclusively(one, nested_in{b});
    BOOST_TEST(lock_graph::global().count().chains == 3);
    // Let go in the order in which they were taken.
    for (lock_a& one : many)
        one.unlock();
    BOOST_TEST(reports.take() == "");
}

BOOST_AUTO_TEST_CASE(locks_let_go_in_any_order) {
    lock_reports reports;
    lock_a a;
    lock_b b;
    lock_c c;
    a.lock();
    b.lock();
    a.unlock();
    c.lock();
    b.unlock();
    c.unlock();
    std::string edges;
    lock_graph::global().for_each_edge([&](const rmap::verify::lock_edge& e) {
        edges += std::string{e.from->name()} + e.to->name() + ' ';
    });
    BOOST_TEST(edges == "ab bc ");
    BOOST_TEST(reports.take() == "");
}

BOOST_AUTO_TEST_CASE(dot) {
    lock_reports reports;
    std::array<lock_a, 2> a;
    lock_b b;
    lock_c c;
    {
        const write_guard outer{a[0]};
        const write_guard beside{a[1], nested{1}};
        const write_guard inner{b};
        const write_guard innermost{c};
    }
    {
        const write_guard outer{c};
        const write_guard inner{b};
    }
    std::string all;
    lock_graph::global().dump_dot([&](const char* s, std::size_t n) { all.append(s, n); });
    BOOST_TEST(all == R"(digraph locks {
    node [shape=box];
    "a" -> "a/1";
    "a/1" -> "b";
    "b" -> "c";
    "c" -> "b" [color=red];
}
)");
    BOOST_TEST(reports.take() == "inversion");
}
