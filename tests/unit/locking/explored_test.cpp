// SPDX-License-Identifier: BSL-1.0

// The disciplines under the explorer, with the shipped operations over its atomics, locks and
// memory. A page that a fork child shares with its parent leads to the parent's anon_vma; while the
// child's vma changes its range, a walk that starts there must meet the page in both. Complete
// disciplines keep that in every interleaving; the best-effort ones lose the child's mapping, in
// the way their files say, and still race nowhere and keep every tree whole. Under a topology that
// keeps a vma where it is while its range changes, the walk computes a wrong address instead, and
// seq_retry's counter is what notices.

#define BOOST_TEST_MODULE disciplines_explored
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <rmap/rmap.hpp>
#include <rmap/verify/explore.hpp>

#include "support/explored_family.hpp"

namespace {

namespace verify = rmap::verify;
using rmap_test::explored;
using rmap_test::family;
using rmap_test::ok;
using rmap_test::sharded;

using rmap::topologies::chain_list;

template <class Locking>
using in_lists = explored<Locking, rmap::merges::never, chain_list>;
template <class Locking>
using in_one_list = explored<Locking, rmap::merges::never, rmap::topologies::single_list>;

using complete =
    boost::mpl::list<explored<rmap::locking::root>, explored<rmap::locking::lock_all>,
                     explored<rmap::locking::lock_all, rmap::merges::linux_6_18>, explored<sharded>,
                     explored<sharded, rmap::merges::linux_6_18>, in_lists<rmap::locking::root>,
                     in_lists<rmap::locking::lock_all>, in_one_list<rmap::locking::root>,
                     in_one_list<rmap::locking::lock_all>>;
using best_effort =
    boost::mpl::list<explored<rmap::locking::per_anon_vma>, explored<rmap::locking::seq_retry>>;
using every = boost::mpl::list<explored<rmap::locking::root>, explored<rmap::locking::lock_all>,
                               explored<sharded>, explored<rmap::locking::per_anon_vma>,
                               explored<rmap::locking::seq_retry>,
                               in_lists<rmap::locking::lock_all>, in_one_list<rmap::locking::root>>;

/// The first child gives up its last page while another thread walks.
template <class Policy>
verify::explore_result adjust_beside_walk(verify::explore_options with, bool looks = true) {
    return verify::explore("adjust beside walk", with, [&](verify::test& t) {
        family<Policy> f;
        t.thread("adjust", [&] { ok(f.map.adjust(f.first, {16, 7, 16})); });
        t.thread("walk", [&] {
            const unsigned n = f.met(3);
            verify::require(!looks || n == 3, "a mapping that exists all the time was not met");
        });
        t.run();
        verify::require(f.met(3) == 3, "a mapping was lost for good");
    });
}

void clean(const verify::explore_result& r) {
    BOOST_TEST(!r.failed(), r.what.what << "\n" << r.text);
    BOOST_TEST(r.complete, r.coverage);
    BOOST_TEST_MESSAGE(r.coverage);
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_complete_walk_meets_all_beside_a_change, Policy, complete) {
    static_assert(Policy::locking::walk_is_complete);
    clean(adjust_beside_walk<Policy>({}));
    clean(adjust_beside_walk<Policy>({.how = verify::search::cached}));
    clean(adjust_beside_walk<Policy>({.plain_points = true}));
    clean(adjust_beside_walk<Policy>({.weak = true}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_best_effort_walk_misses_a_mapping, Policy, best_effort) {
    static_assert(!Policy::locking::walk_is_complete);
    for (const bool points : {false, true}) {
        const auto r = adjust_beside_walk<Policy>({.plain_points = points});
        BOOST_TEST((r.what.kind == verify::failure_kind::assertion), r.what.what);
        BOOST_TEST(r.what.what.find("was not met") != std::string::npos, r.what.what);
        BOOST_TEST_MESSAGE(r.first_failing << " " << r.token << "\n" << r.text);
        const auto again = adjust_beside_walk<Policy>({.plain_points = points, .replay = r.token});
        BOOST_TEST(again.what.what == r.what.what);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(but_nothing_races, Policy, best_effort) {
    clean(adjust_beside_walk<Policy>({}, false));
    clean(adjust_beside_walk<Policy>({.weak = true}, false));
}

/// The first child's vma grows downwards while another thread walks.
template <class Policy>
verify::explore_result grow_beside_walk(verify::explore_options with) {
    return verify::explore("grow beside walk", with, [&](verify::test& t) {
        family<Policy> f;
        t.thread("grow", [&] { ok(f.map.adjust(f.first, {15, 9, 15})); });
        t.thread("walk", [&] { verify::require(f.met(3) == 3, "a mapping was not met"); });
        t.run();
    });
}

// Linux bug B10, and what each discipline makes of it.
BOOST_AUTO_TEST_CASE(start_and_offset_of_different_moments) {
    const verify::explore_options points{.plain_points = true};
    const auto torn = grow_beside_walk<in_lists<rmap::locking::per_anon_vma>>(points);
    BOOST_TEST(torn.what.what.find("wrong address") != std::string::npos, torn.what.what);
    BOOST_TEST_MESSAGE(torn.first_failing << " " << torn.token);
    const auto race = grow_beside_walk<in_lists<rmap::locking::per_anon_vma>>({});
    BOOST_TEST((race.what.kind == verify::failure_kind::data_race), race.what.what);

    clean(grow_beside_walk<in_lists<rmap::locking::seq_retry>>(points));
    clean(grow_beside_walk<in_lists<rmap::locking::lock_all>>(points));
    clean(grow_beside_walk<in_lists<rmap::locking::lock_all>>({}));
    clean(grow_beside_walk<in_lists<rmap::locking::root>>({}));
}

/// The first child's vma grows upwards, which takes no lock of its chain in lists, and a page is
/// mapped in the new part; another thread walks from the old page, and from the new one when it is
/// mapped.
template <class Policy>
verify::explore_result grow_up_beside_walk(verify::explore_options with) {
    return verify::explore("grow up beside walk", with, [&](verify::test& t) {
        family<Policy> f;
        typename rmap_test::toy<Policy>::page fresh;
        t.thread("grow", [&] {
            ok(f.map.adjust(f.first, {16, 9, 16}));
            f.map.tag_new(fresh, f.first, 24);
            fresh.add_mapping();
        });
        t.thread("walk", [&] {
            verify::require(f.met(3) == 3, "a mapping was not met");
            if (!fresh.mapped()) return;
            unsigned met = 0;
            const auto found = f.map.walk(fresh, [&](const auto& place) {
                met += place.address() == 24 && &place.mm() == &f.mm[1] ? 1U : 0U;
            });
            verify::require(found.state == rmap::status::ok && met == 1, "the new page is lost");
        });
        t.run();
        fresh.remove_mapping();
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(growing_up, Policy, complete) {
    clean(grow_up_beside_walk<Policy>({}));
    clean(grow_up_beside_walk<Policy>({.weak = true}));
}

// Siblings have one anon_vma in common: whoever locks two must do so in one order.
BOOST_AUTO_TEST_CASE_TEMPLATE(updates_of_siblings_do_not_wait_in_a_circle, Policy, every) {
    clean(verify::explore("siblings", {}, [](verify::test& t) {
        family<Policy> f;
        t.thread("first", [&] { ok(f.map.adjust(f.first, {16, 7, 16})); });
        t.thread("second", [&] { ok(f.map.adjust(f.second, {17, 7, 17})); });
        t.run();
        verify::require(f.met(3) == 3, "a mapping was lost for good");
    }));
}

// The own anon_vma of a fork child that reuses an ancestor's is not the newest of its chain.
BOOST_AUTO_TEST_CASE(updates_where_an_anon_vma_was_reused) {
    using policy = explored<rmap::locking::lock_all, rmap::merges::linux_6_18>;
    clean(verify::explore("reuse", {}, [](verify::test& t) {
        family<policy> f;
        rmap_test::toy<policy>::mm mm[2];
        rmap_test::toy<policy>::vma child{mm[0], 16, 8, 16};
        rmap_test::toy<policy>::vma reuser{mm[1], 16, 8, 16};
        ok(f.map.fork(child, f.first));
        auto* const left = f.map.own(f.first);
        f.page.remove_mapping();
        f.map.unlink(f.first);
        ok(f.map.fork(reuser, child));
        verify::require(f.map.own(reuser) == left, "nothing was reused");
        f.page.add_mapping();
        t.thread("child", [&] { ok(f.map.adjust(child, {16, 7, 16})); });
        t.thread("reuser", [&] { ok(f.map.adjust(reuser, {16, 6, 16})); });
        t.run();
        f.map.unlink(child);
        f.map.unlink(reuser);
    }));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_fork_beside_an_end, Policy, every) {
    clean(verify::explore("fork beside unlink", {}, [](verify::test& t) {
        family<Policy> f;
        typename rmap_test::toy<Policy>::mm mm;
        typename rmap_test::toy<Policy>::vma grandchild{mm, 16, 8, 16};
        t.thread("fork", [&] { ok(f.map.fork(grandchild, f.first)); });
        t.thread("unlink", [&] { f.map.unlink(f.second); });
        t.run();
        verify::require(f.met(2) == 2, "a mapping was lost for good");
        f.map.unlink(grandchild);
    }));
}

// Two first faults of one vma, and a walk from the page of the first that is through.
template <class Policy>
verify::explore_result two_faults(verify::explore_options with) {
    return verify::explore("two first faults", with, [](verify::test& t) {
        using types = rmap_test::toy<Policy>;
        typename types::map map;
        typename types::mm mm;
        typename types::page page;
        typename types::vma v{mm, 16, 8, 16};
        t.thread("a", [&] {
            ok(map.prepare(v));
            map.tag_new(page, v, 20);
            page.add_mapping();
            unsigned met = 0;
            const auto count = [&](const auto&) { ++met; };
            const auto r = map.template walk<rmap::need::unsound>(page, count);
            verify::require(r.state == rmap::status::ok && met == 1, "the page is not found");
        });
        t.thread("b", [&] { ok(map.prepare(v)); });
        t.run();
        page.remove_mapping();
        map.unlink(v);
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(two_first_faults, Policy, every) {
    clean(two_faults<Policy>({}));
    clean(two_faults<Policy>({.weak = true}));
}
