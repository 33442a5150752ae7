// SPDX-License-Identifier: BSL-1.0

// lockdep by itself: each kind of report once from one thread, and silence where order is kept. The
// inner lock is none, so that what would hang does not.

#define BOOST_TEST_MODULE lockdep
#include <boost/test/unit_test.hpp>

#include <array>
#include <memory>
#include <string>

#include <rmap/locks/none.hpp>
#include <rmap/policy.hpp>
#include <rmap/verify/lockdep.hpp>

#include "support/lock_reports.hpp"
#include "support/policies.hpp"

namespace {

using rmap::lock_rank;
using rmap::read_guard;
using rmap::try_to_lock;
using rmap::write_guard;
using rmap::verify::lock_graph;
using rmap::verify::lock_problem;
using rmap::verify::lockdep;
using rmap_test::lock_a;
using rmap_test::lock_b;
using rmap_test::lock_c;
using rmap_test::lock_reports;
using rmap_test::reader_a;

using none = rmap::locks::none;
template <lock_rank Rank>
using ranked = lockdep<none>::with_rank<Rank>;

bool has(const std::string& all, const std::string& part) {
    return all.find(part) != std::string::npos;
}

}  // namespace

// The lock type knows its rank; any other lock type stays as it is.
static_assert(std::same_as<rmap::lock_of_rank<rmap::default_policy, lock_rank::tree>,
                           rmap::default_policy::lock>);
struct watched : rmap::default_policy {
    using lock = lockdep<rmap::default_policy::lock>;
};
static_assert(!std::same_as<rmap::lock_of_rank<watched, lock_rank::tree>, watched::lock> &&
              std::derived_from<rmap::lock_of_rank<watched, lock_rank::tree>, watched::lock>);
static_assert(rmap::takes_notes<watched::lock> && !rmap::takes_notes<rmap::default_policy::lock>);
static_assert(sizeof(write_guard<rmap::locks::spin>) == sizeof(void*));

BOOST_AUTO_TEST_CASE(order_kept) {
    lock_reports reports;
    lock_a a;
    lock_b b;
    for (int twice = 0; twice != 2; ++twice) {
        const write_guard outer{a};
        const write_guard inner{b};
    }
    BOOST_TEST(reports.take() == "");
}

BOOST_AUTO_TEST_CASE(inversion_with_both_chains) {
    lock_reports reports;
    lock_a a;
    lock_b b;
    const unsigned first = __LINE__ + 2;
    {
        const write_guard outer{a};
        const write_guard inner{b};
    }
    const unsigned second = __LINE__ + 2;
    {
        const write_guard outer{b};
        const write_guard inner{a};
    }
    BOOST_REQUIRE(reports.all().size() == 1);
    BOOST_TEST((reports.all()[0].what == lock_problem::inversion));
    const std::string& text = reports.all()[0].text;
    BOOST_TEST_INFO(text);
    BOOST_TEST(has(text, "a is taken while b is held"));
    for (const unsigned line : {first, first + 1, second, second + 1}) {
        BOOST_TEST(has(text, "lockdep_test.cpp:" + std::to_string(line) + ")"));
    }
    // Once is enough.
    static_cast<void>(reports.take());
    {
        const write_guard outer{b};
        const write_guard inner{a};
    }
    BOOST_TEST(reports.take() == "");
}

BOOST_AUTO_TEST_CASE(inversion_over_three) {
    lock_reports reports;
    lock_a a;
    lock_b b;
    lock_c c;
    {
        const write_guard outer{a};
        const write_guard inner{b};
    }
    {
        const write_guard outer{b};
        const write_guard inner{c};
    }
    const write_guard outer{c};
    const write_guard inner{a};
    BOOST_REQUIRE(reports.all().size() == 1);
    BOOST_TEST(has(reports.all()[0].text, "before, a then b"));
    BOOST_TEST(has(reports.all()[0].text, "before, b then c"));
    BOOST_TEST(reports.take() == "inversion");
}

// Two objects of each class: what counts is the class.
BOOST_AUTO_TEST_CASE(other_objects_of_the_same_classes) {
    lock_reports reports;
    std::array<lock_a, 2> a;
    std::array<lock_b, 2> b;
    {
        const write_guard outer{a[0]};
        const write_guard inner{b[0]};
    }
    const write_guard outer{b[1]};
    const write_guard inner{a[1]};
    BOOST_TEST(reports.take() == "inversion");
}

// A lock that is tried waits for nobody; who is waited for while it is held may.
BOOST_AUTO_TEST_CASE(tried) {
    lock_reports reports;
    lock_a a;
    lock_b b;
    {
        const write_guard outer{a};
        const write_guard inner{b};
    }
    {
        const write_guard outer{b};
        const write_guard inner{a, try_to_lock};
        BOOST_TEST(inner.owns());
    }
    BOOST_TEST(reports.take() == "");
    {
        const write_guard outer{b, try_to_lock};
        const write_guard inner{a};
    }
    BOOST_TEST(reports.take() == "inversion");
}

BOOST_AUTO_TEST_CASE(recursion) {
    lock_reports reports;
    lock_a a;
    {
        const write_guard once{a};
        const write_guard twice{a};
    }
    BOOST_TEST(reports.take() == "recursion");
    // A waiting writer would stand between two readers.
    {
        const read_guard once{a};
        const read_guard twice{a};
    }
    BOOST_TEST(reports.take() == "recursion");
    reader_a r;
    {
        const read_guard once{r};
        const read_guard twice{r};
    }
    BOOST_TEST(reports.take() == "");
    {
        const read_guard once{r};
        const write_guard twice{r};
    }
    BOOST_TEST(reports.take() == "recursion");
}

BOOST_AUTO_TEST_CASE(rank) {
    lock_reports reports;
    ranked<lock_rank::tree> tree;
    ranked<lock_rank::page_table> table;
    {
        const write_guard outer{table};
        const write_guard inner{tree};
    }
    // From this chain alone: nobody took them the right way yet.
    BOOST_REQUIRE(reports.all().size() == 1);
    BOOST_TEST(has(reports.all()[0].text, "tree lock comes before page_table_lock"));
    BOOST_TEST(reports.take() == "rank");
    {
        const write_guard outer{tree};
        const write_guard inner{table};
    }
    BOOST_TEST(reports.take() == "");
}

BOOST_AUTO_TEST_CASE(let_go_of_what_is_not_held) {
    lock_reports reports;
    lock_a a;
    a.unlock();
    BOOST_TEST(reports.take() == "not held");
}

BOOST_AUTO_TEST_CASE(destroyed_while_held) {
    lock_reports reports;
    auto a = std::make_unique<lock_a>();
    a->lock();
    a.reset();
    BOOST_TEST(reports.take() == "destroyed while held");
}

BOOST_AUTO_TEST_CASE(held_is_exact) {
    lock_reports reports;
    lock_a a;
    BOOST_TEST(!a.is_held());
    {
        const read_guard shared{a};
        BOOST_TEST((!a.is_held() && a.is_held_shared()));
    }
    const write_guard exclusive{a};
    BOOST_TEST((a.is_held() && a.is_held_shared()));
}

BOOST_AUTO_TEST_CASE(a_lock_without_a_name) {
    lock_reports reports;
    lockdep<none> one;
    lock_a a;
    {
        const write_guard outer{one};
        const write_guard inner{a};
    }
    {
        const write_guard outer{a};
        const write_guard inner{one};
    }
    BOOST_TEST(reports.take() == "");
    const write_guard once{one};
    const write_guard twice{one};
    BOOST_TEST(reports.take() == "recursion");
}

BOOST_AUTO_TEST_CASE(tokens_pass_through) {
    lock_reports reports;
    lockdep<rmap_test::token_lock> lock;
    {
        const write_guard guard{lock};
        BOOST_TEST(!write_guard(lock, try_to_lock).owns());
    }
    const write_guard guard{lock, try_to_lock};
    BOOST_TEST(guard.owns());
    BOOST_TEST(reports.take() == "");
}

// The sink may use locks, watched ones too.
BOOST_AUTO_TEST_CASE(a_sink_with_locks) {
    lock_a a;
    lock_b b;
    int reported = 0;
    lock_graph::global().reset();
    lock_graph::global().on_report([&](const auto&) {
        const write_guard log{a};
        ++reported;
    });
    {
        const write_guard outer{a};
        const write_guard again{a};
    }
    BOOST_TEST(reported == 1);
    lock_graph::global().on_report(nullptr);
}
