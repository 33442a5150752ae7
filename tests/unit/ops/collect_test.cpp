// SPDX-License-Identifier: BSL-1.0

// The walk in two phases: collect, and confirm that nothing changed.

#define BOOST_TEST_MODULE collect
#include <boost/test/unit_test.hpp>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

BOOST_AUTO_TEST_CASE_TEMPLATE(collect_and_confirm, F, few<toy>) {
    using place = typename F::map::place;
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 10, 4);
    auto& b = w.fork(a);
    auto& c = w.fork(a);
    typename F::page page;
    w.map().tag_new(page, a, 11);
    page.add_mapping();
    const auto any = [](const auto&) { return true; };
    const auto not_b = [&](const auto& at) { return &at.vma() != &b; };

    place kept[4];
    auto got = w.map().collect(page, kept, 4, any);
    BOOST_TEST((got.state == status::ok && got.count == 3U));
    BOOST_TEST((kept[0] == place{&a.mm(), 11} && kept[1] == place{&b.mm(), 11} &&
                kept[2] == place{&c.mm(), 11}));
    BOOST_TEST((w.map().confirm(page, kept, 3, any) == status::ok));
    BOOST_TEST((w.map().confirm(page, kept, 2, any) == status::stale));    // one more there
    BOOST_TEST((w.map().confirm(page, kept, 3, not_b) == status::stale));  // one gone

    got = w.map().collect(page, kept, 4, not_b);
    BOOST_TEST((got.state == status::ok && got.count == 2U && kept[1].mm == &c.mm()));
    BOOST_TEST((w.map().confirm(page, kept, 2, not_b) == status::ok));
    BOOST_TEST((w.map().confirm(page, kept, 2, any) == status::stale));

    got = w.map().collect(page, kept, 2, any);
    BOOST_TEST((got.state == status::limit && got.count == 2U));
    got = w.map().collect(page, kept, 3, any);
    BOOST_TEST((got.state == status::ok && got.count == 3U));
    got = w.map().collect(page, kept, 0, any);
    BOOST_TEST((got.state == status::limit && got.count == 0U));

    // Meanwhile one exits, another is forked.
    got = w.map().collect(page, kept, 4, any);
    w.forget(b);
    BOOST_TEST((w.map().confirm(page, kept, got.count, any) == status::stale));
    got = w.map().collect(page, kept, 4, any);
    w.fork(c);
    BOOST_TEST((w.map().confirm(page, kept, got.count, any) == status::stale));

    page.remove_mapping();
    BOOST_TEST((w.map().collect(page, kept, 4, any).state == status::not_mapped));
    BOOST_TEST((w.map().confirm(page, kept, 0, any) == status::ok));
    BOOST_TEST((w.map().confirm(page, kept, 1, any) == status::stale));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(try_mode, F, locking<toy>) {
    using policy = typename F::policy;
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 10, 4);
    typename F::page page;
    w.map().tag_new(page, a, 11);
    page.add_mapping();
    typename F::map::place kept[1];
    const auto any = [](const auto&) { return true; };
    const auto mode = rmap::walk_mode::try_lock;
    BOOST_TEST((w.map().collect(page, kept, 1, any, mode).state == status::ok));
    {
        const typename policy::locking::template update<policy> held{*w.map().own(a)};
        BOOST_TEST((w.map().collect(page, kept, 1, any, mode).state == status::contended));
        BOOST_TEST((w.map().confirm(page, kept, 1, any, mode) == status::contended));
    }
    BOOST_TEST((w.map().confirm(page, kept, 1, any, mode) == status::ok));
    page.remove_mapping();
}

}  // namespace
