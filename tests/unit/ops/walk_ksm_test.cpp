// SPDX-License-Identifier: BSL-1.0

// The walk of a merged page: first the vmas of the items' own address spaces, then forked ones.

#define BOOST_TEST_MODULE walk_ksm
#include <boost/test/unit_test.hpp>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

template <class F>
struct merged {
    using vma = typename F::vma;
    world<F> w;
    rmap::ksm_node<typename F::policy> node;
    rmap::ksm_item<typename F::policy> items[2];
    typename F::page page;
    vma& a = w.faulted(w.new_mm(), 10, 4);
    vma& b = w.faulted(w.new_mm(), 20, 4);
    vma& child = w.fork(a);

    merged() {
        w.map().ksm_add(node, items[0], *w.map().own(a), a.mm(), 12);
        w.map().ksm_add(node, items[1], *w.map().own(b), b.mm(), 21);
        w.map().tag_ksm(page, node);
        page.add_mapping();
    }
    ~merged() {
        page.remove_mapping();
        for (auto& item : items) {
            if (item.from.get() != nullptr) w.map().ksm_remove(node, item);
        }
    }
};

BOOST_AUTO_TEST_CASE_TEMPLATE(two_passes, F, few<toy>) {
    merged<F> m;
    std::vector<std::pair<const typename F::vma*, rmap::pgno>> met;
    const auto result = m.w.map().walk(
        m.page, [&](const auto& place) { met.emplace_back(&place.vma(), place.address()); });
    BOOST_TEST((result.state == status::ok && result.places == 3U));
    BOOST_TEST((met == decltype(met){{&m.a, 12}, {&m.b, 21}, {&m.child, 12}}));
    // The address decides, not the offset: whoever does not reach it is not met.
    BOOST_TEST((m.w.map().adjust(m.child, {10, 2, 10}) == status::ok));
    BOOST_TEST((m.w.walked(m.page) == std::vector<const typename F::vma*>{&m.a, &m.b}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(stops, F, few<toy>) {
    merged<F> m;
    for (std::size_t last = 1; last <= 3; ++last) {
        std::size_t count = 0;
        const auto result = m.w.map().walk(m.page, [&](const auto&) { return ++count != last; });
        BOOST_TEST((count == last && result.stopped));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(items_hold_references, F, few<toy>) {
    merged<F> m;
    m.w.forget(m.a);  // exits: the child still maps it
    BOOST_TEST((m.w.walked(m.page) == std::vector<const typename F::vma*>{&m.b, &m.child}));
    m.w.forget(m.child);
    m.w.forget(m.b);
    BOOST_TEST(m.w.walked(m.page).empty());
    m.w.map().ksm_remove(m.node, m.items[0]);
    BOOST_TEST(m.w.walked(m.page).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(try_mode, F, locking<toy>) {
    using policy = typename F::policy;
    merged<F> m;
    const auto try_it = [&](std::size_t& count) {
        return m.w.map()
            .walk(
                m.page, [&](const auto&) { ++count; }, rmap::walk_mode::try_lock)
            .state;
    };
    std::size_t count = 0;
    BOOST_TEST((try_it(count) == status::ok && count == 3U));
    {
        const rmap::write_guard held{m.node.lock};
        count = 0;
        BOOST_TEST((try_it(count) == status::contended && count == 0U));
    }
    {
        const typename policy::locking::template update<policy> held{*m.w.map().own(m.b)};
        count = 0;
        BOOST_TEST((try_it(count) == status::contended && count == 1U));  // a was met before
    }
    count = 0;
    BOOST_TEST((try_it(count) == status::ok && count == 3U));
}

}  // namespace
