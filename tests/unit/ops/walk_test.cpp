// SPDX-License-Identifier: BSL-1.0

// The walk from an anonymous page, the lookup behind it and references.

#define BOOST_TEST_MODULE walk
#include <boost/test/unit_test.hpp>
#include <functional>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;
using rmap::walk_mode;

template <class F>
using vmas = std::vector<const typename F::vma*>;

BOOST_AUTO_TEST_CASE_TEMPLATE(order_and_superset, F, few<toy>) {
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 10, 4);
    auto& b = w.fork(a);
    auto& c = w.fork(b);
    typename F::page old;
    typename F::page of_b;
    w.map().tag_new(old, a, 12);
    w.map().tag_new(of_b, b, 12);
    old.add_mapping();
    of_b.add_mapping();
    BOOST_TEST((w.walked(old) == vmas<F>{&a, &b, &c}));  // parents before children
    BOOST_TEST((w.walked(of_b) == vmas<F>{&b, &c}));
    std::vector<rmap::pgno> addresses;
    const auto result = w.map().walk(old, [&](const auto& place) {
        addresses.push_back(place.address());
        BOOST_TEST((&place.mm() == &place.vma().mm()));
    });
    BOOST_TEST((addresses == std::vector<rmap::pgno>{12, 12, 12}));
    BOOST_TEST((result.state == status::ok && !result.stopped));
    BOOST_TEST((result.visited == 3U && result.places == 3U));
    // The ranges that do not cover the page's offset are not met.
    BOOST_TEST((w.map().adjust(b, {10, 2, 10}) == status::ok));
    BOOST_TEST((w.walked(old) == vmas<F>{&a, &c}));
    // Grown again, it is the last of those with its offset; in a list it stays where it was.
    BOOST_TEST((w.map().adjust(b, {10, 4, 10}) == status::ok));
    const bool listed = F::policy::topology::order != rmap::walk_order::offset;
    BOOST_TEST((w.walked(old) == (listed ? vmas<F>{&a, &b, &c} : vmas<F>{&a, &c, &b})));
    // The first mapper has gone: the descendants are found through its anon_vma.
    w.forget(a);
    BOOST_TEST((w.walked(old) == (listed ? vmas<F>{&b, &c} : vmas<F>{&c, &b})));
    old.remove_mapping();
    of_b.remove_mapping();
}

template <class F>
struct picky {
    const typename F::vma* skipped;
    vmas<F>* met;
    bool skip(const typename F::vma& v) const { return &v == skipped; }
    template <class Place>
    void operator()(const Place& place) {
        met->push_back(&place.vma());
    }
};

BOOST_AUTO_TEST_CASE_TEMPLATE(skip_and_stop, F, few<toy>) {
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 0, 4);
    auto& b = w.fork(a);
    auto& c = w.fork(a);
    typename F::page page;
    w.map().tag_new(page, a, 1);
    page.add_mapping();
    vmas<F> met;
    auto result = w.map().walk(page, picky<F>{&b, &met});
    BOOST_TEST((met == vmas<F>{&a, &c}));
    BOOST_TEST((result.visited == 3U && result.places == 2U && !result.stopped));
    met.clear();
    result = w.map().walk(page, [&](const auto& place) {
        met.push_back(&place.vma());
        return &place.vma() != &b;
    });
    BOOST_TEST((met == vmas<F>{&a, &b}));
    BOOST_TEST((result.stopped && result.visited == 2U && result.places == 2U));
    BOOST_TEST((result.state == status::ok));
    page.remove_mapping();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(not_mapped, F, few<toy>) {
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 0, 4);
    typename F::page page;
    const auto walk = [&] {
        return w.map().walk(page, [](const auto&) { BOOST_TEST(false); }).state;
    };
    BOOST_TEST((walk() == status::not_mapped));  // no tag
    w.map().tag_new(page, a, 1);
    BOOST_TEST((walk() == status::not_mapped));  // no mapping
    BOOST_TEST((w.map().get(page) == nullptr));
    BOOST_TEST((w.map().with_anon_vma(page, [](auto&, auto) {}) == status::not_mapped));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(try_mode, F, locking<toy>) {
    using policy = typename F::policy;
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 0, 4);
    auto& b = w.fork(a);
    typename F::page page;
    w.map().tag_new(page, b, 1);
    page.add_mapping();
    auto& av = *w.map().own(b);
    const auto try_all = [&](status expected) {
        const auto visitor = [](const auto&) {};
        BOOST_TEST((w.map().walk(page, visitor, walk_mode::try_lock).state == expected));
        BOOST_TEST((w.map().walk_from(av, 1, visitor, walk_mode::try_lock).state == expected));
        BOOST_TEST((w.map().with_anon_vma(
                        page, [](auto&, auto) {}, walk_mode::try_lock) == expected));
    };
    try_all(status::ok);
    {
        const auto held = rmap::ops::chain_guard<typename F::map>(b);
        BOOST_TEST(policy::locking::template may_update<policy>(av));
        try_all(status::contended);
    }
    {
        // An update of the parent, at the same offsets; the child's anon_vma is not in its chain.
        const auto held = rmap::ops::chain_guard<typename F::map>(a);
        constexpr bool apart = rmap::locks_whole_chains<typename policy::locking>;
        try_all(apart ? status::ok : status::contended);
    }
    try_all(status::ok);
    page.remove_mapping();
}

// ---- references

BOOST_AUTO_TEST_CASE_TEMPLATE(references_outlive_vmas, F, few<toy>) {
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 0, 4);
    auto& b = w.fork(a);
    typename F::page page;
    w.map().tag_new(page, b, 1);
    page.add_mapping();
    auto* const root = w.map().own(a);
    auto* const av = w.map().get(page);
    BOOST_REQUIRE((av != nullptr && av == w.map().own(b)));
    const auto refs = [](auto& of) { return rmap::ops::references(of); };
    BOOST_TEST((refs(*av) == 2 && refs(*root) == 2));
    page.remove_mapping();
    w.forget(b);
    w.forget(a);
    // Neither has a vma now; a migration's second walk still works, and finds nothing.
    BOOST_TEST((refs(*av) == 1 && refs(*root) == 1));
    const auto walked = w.map().walk_from(*av, 1, [](const auto&) { BOOST_TEST(false); });
    BOOST_TEST((walked.state == status::ok && walked.visited == 0U));
    const long alive = failing_memory::alive;
    w.map().put(*av);
    w.map().trim();
    BOOST_TEST(failing_memory::alive == alive - 2);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(try_get, F, few<toy>) {
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 0, 4);
    auto* const av = w.map().own(a);
    BOOST_TEST(rmap::ops::try_get(*av));
    w.map().put(*av);
    BOOST_TEST(w.wrong() == "");
    if (F::policy::lifetime::stale_pointers_are_readable) {
        w.forget(a);
        BOOST_TEST(!rmap::ops::try_get(*av));  // free, but still an anon_vma
    }
}

// Freed memory becomes the next anon_vma (I12), whatever it was before.
BOOST_AUTO_TEST_CASE(memory_is_used_again) {
    using F = toy<tested<rmap::default_policy>>;
    world<F> w;
    auto& a = w.faulted(w.new_mm(), 0, 4);
    auto& b = w.fork(a);
    auto* const was_child = w.map().own(b);
    w.forget(b);
    auto& c = w.faulted(w.new_mm(), 0, 4);
    BOOST_TEST((w.map().own(c) == was_child));
    BOOST_TEST((was_child->is_root() && was_child->parent.get() == was_child));
    BOOST_TEST(w.wrong() == "");
}

// ---- lookups that lose a race: a lock that lets others act before it is taken (Linux bug B13).

struct interrupted_lock : rmap::locks::rw_spin {
    static inline std::function<void()> before_lock{};
    void lock_shared() noexcept {
        if (auto run = std::exchange(before_lock, nullptr)) run();
        rmap::locks::rw_spin::lock_shared();
    }
};
struct racing : rmap::default_policy {
    using lock = interrupted_lock;
    using stats = rmap::statistics::counting;
};
using raced = toy<tested<racing>>;

BOOST_AUTO_TEST_CASE(the_anon_vma_is_recycled_into_another_tree) {
    world<raced> w;
    auto& other = w.faulted(w.new_mm(), 0, 4);
    auto& a = w.faulted(w.new_mm(), 0, 4);
    auto* const av = w.map().own(a);
    raced::page page;
    w.map().tag_new(page, a, 1);
    page.add_mapping();
    const raced::vma* child = nullptr;
    // Unmapped and recycled: nothing is visited.
    interrupted_lock::before_lock = [&] {
        page.remove_mapping();
        w.forget(a);
        child = &w.fork(other);
        BOOST_TEST((w.map().own(*child) == av && !av->is_root()));
    };
    BOOST_TEST(
        (w.map().walk(page, [](const auto&) { BOOST_TEST(false); }).state == status::not_mapped));
    BOOST_TEST(w.map().stats().retries() == 0U);
    w.forget(const_cast<raced::vma&>(*child));

    // Mapped again meanwhile, by the same memory in the other tree: the walk starts anew there, and
    // every lock that was taken is free afterwards.
    BOOST_TEST((w.map().prepare(a) == status::ok));
    BOOST_TEST((w.map().own(a) == av));
    w.map().tag_new(page, a, 1);
    page.add_mapping();
    interrupted_lock::before_lock = [&] {
        page.remove_mapping();
        w.forget(a);
        child = &w.fork(other);
        BOOST_TEST((w.map().own(*child) == av && !av->is_root()));
        w.map().tag_new(page, *child, 2);
        page.add_mapping();
    };
    std::vector<rmap::pgno> met;
    const auto walked = w.map().walk(page, [&](const auto& place) {
        BOOST_TEST((&place.vma() == child));
        BOOST_TEST(w.map().own(other)->lock.is_held_shared());
        BOOST_TEST(!av->lock.is_held_shared());
        met.push_back(place.address());
    });
    BOOST_TEST((met == std::vector<rmap::pgno>{2}));
    BOOST_TEST((walked.state == status::ok && w.map().stats().retries() == 1U));
    BOOST_TEST((!av->lock.is_held_shared() && !w.map().own(other)->lock.is_held_shared()));
    page.remove_mapping();
}

BOOST_AUTO_TEST_CASE(the_page_is_tagged_anew) {
    world<raced> w;
    auto& a = w.faulted(w.new_mm(), 0, 4);
    auto& b = w.fork(a);
    raced::page page;
    w.map().tag_new(page, a, 1);
    page.add_mapping();
    interrupted_lock::before_lock = [&] { w.map().tag_own(page, b, 1); };
    vmas<raced> met;
    (void)w.map().walk(page, [&](const auto& place) { met.push_back(&place.vma()); });
    BOOST_TEST((met == vmas<raced>{&b}));
    BOOST_TEST(w.map().stats().retries() == 1U);
    page.remove_mapping();
}

}  // namespace
