// SPDX-License-Identifier: BSL-1.0

// move (mremap): the copy at the new place, merged or not, the order in which a walk meets source
// and copy, and failures.

#define BOOST_TEST_MODULE move
#include <boost/test/unit_test.hpp>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::merge_case;
using rmap::status;
using rmap::ops::span;

/// Moves `from` to `to`: with_failures, whatever it takes; and what a walk from one of its pages
/// meets, in order.
template <class F>
struct moving {
    world<F>& w;
    typename F::vma& from;
    typename F::vma& fresh;
    typename F::map::request want{};
    typename F::map::moved moved{};
    long took = 0;

    moving(world<F>& in, typename F::vma& source, span range, typename F::vma* prev,
           typename F::vma* next, span to)
        : w{in}, from{source}, fresh{w.new_vma(source.mm(), to.start, to.pages, to.pgoff)} {
        typename F::page page;
        const bool faulted = w.map().own(from) != nullptr;
        const auto index = range.pgoff;
        if (faulted) {
            w.map().tag_new(page, from, range.start);
            page.add_mapping();
        }
        want.range = to;
        want.prev = prev;
        want.next = next;
        want.copied_from = &from;
        const auto before = w.picture();
        took = with_failures([&] {
            moved = w.map().copy_vma(want, fresh);
            if (moved.state == status::ok) return true;
            BOOST_TEST(w.picture() == before);
            return false;
        });
        BOOST_TEST(w.wrong() == "");
        if (!faulted) return;
        // I8: the page's index is that of its place in both. A walk meets the source first, or the
        // move says that it needs locks.
        BOOST_TEST((moved.to->pgoff() + (to.start - moved.to->start()) == index));
        const auto met = w.walked(page);
        int at_from = -1;
        int at_to = -1;
        for (std::size_t i = 0; i != met.size(); ++i) {
            if (met[i] == &from) at_from = static_cast<int>(i);
            if (met[i] == moved.to) at_to = static_cast<int>(i);
        }
        BOOST_TEST((at_from >= 0 && at_to >= 0));
        BOOST_TEST((moved.needs_locks || at_from < at_to));
        page.remove_mapping();
    }
};

BOOST_AUTO_TEST_CASE_TEMPLATE(to_a_free_place, F, few<toy>) {
    world<F> w;
    auto& child = w.new_mm();
    auto& v = w.fork(w.faulted(w.new_mm(), 0, 8), child);
    moving<F> m{w, v, {2, 4, 2}, nullptr, nullptr, {100, 4, 2}};
    BOOST_TEST(m.took == world<F>::allocations(2, 1));
    BOOST_TEST((m.moved.merged.what == merge_case::none && m.moved.to == &m.fresh));
    BOOST_TEST((m.moved.from == &v && !m.moved.needs_locks));
    BOOST_TEST((w.chain(m.fresh) == w.chain(v)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(unfaulted, F, few<toy>) {
    world<F> w;
    auto& v = w.new_vma(w.new_mm(), 0, 8);
    moving<F> m{w, v, {0, 8, 0}, nullptr, nullptr, {100, 8, 100}};
    BOOST_TEST(m.took == 0);
    BOOST_TEST((m.moved.to == &m.fresh && w.map().own(m.fresh) == nullptr));
}

// Linux bug B28: a faulted range moved between, before or behind unfaulted vmas merges with them,
// and the survivor takes over its anon_vma.
BOOST_AUTO_TEST_CASE_TEMPLATE(beside_unfaulted, F, as_linux<toy>) {
    for (const bool left : {false, true}) {
        for (const bool right : {false, true}) {
            world<F> w;
            auto& mm = w.new_mm();
            auto& v = w.new_vma(mm, 0, 4, 1004);
            BOOST_TEST((w.map().prepare(v) == status::ok));
            auto* p = left ? &w.new_vma(mm, 96, 4, 1000) : nullptr;
            auto* n = right ? &w.new_vma(mm, 104, 4, 1008) : nullptr;
            moving<F> m{w, v, {0, 4, 1004}, p, n, {100, 4, 1004}};
            const auto what = left && right ? merge_case::fill_gap
                              : left        ? merge_case::extend_prev
                              : right       ? merge_case::extend_next
                                            : merge_case::none;
            BOOST_TEST((m.moved.merged.what == what));
            BOOST_TEST((w.map().own(*m.moved.to) == w.map().own(v)));
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(inherited_beside_unfaulted, F, as_linux<toy>) {
    world<F> w;
    auto& child = w.new_mm();
    auto& v = w.fork(w.faulted(w.new_mm(), 4, 4), child);
    auto& n = w.new_vma(child, 108, 4, 8);
    moving<F> m{w, v, {4, 4, 4}, nullptr, &n, {104, 4, 4}};
    BOOST_TEST((m.moved.merged.what == merge_case::none));
    BOOST_TEST((w.map().own(n) == nullptr));
}

// Moving a part away and back heals (Linux bug B15): then a walk by offset may meet the target
// first; in a list it is made the last.
BOOST_AUTO_TEST_CASE_TEMPLATE(back_home, F, as_linux<toy>) {
    for (const bool upper : {true, false}) {
        world<F> w;
        auto& mm = w.new_mm();
        auto& whole = w.faulted(mm, 0, 8);
        auto& high = w.new_vma(mm, 0, 1);
        BOOST_TEST((w.map().split(whole, high, 4) == status::ok));
        auto& part = upper ? high : whole;
        auto& rest = upper ? whole : high;
        const rmap::pgno home = part.start();
        moving<F> away{w, part, {home, 4, home}, nullptr, nullptr, {100, 4, home}};
        BOOST_TEST((away.moved.to == &away.fresh));
        w.forget(part);
        moving<F> back{w,
                       away.fresh,
                       {100, 4, home},
                       upper ? &rest : nullptr,
                       upper ? nullptr : &rest,
                       {home, 4, home}};
        BOOST_TEST((back.moved.to == &rest && rest.start() == 0 && rest.pages() == 8));
        const bool listed = F::policy::topology::order == rmap::walk_order::insertion;
        BOOST_TEST((back.moved.needs_locks == !listed));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(to_an_offset_behind, F, as_linux<toy>) {
    world<F> w;
    auto& mm = w.new_mm();
    // The target begins at a higher offset than the source: a walk by offset meets the source
    // first.
    auto& v = w.faulted(mm, 0, 8);
    auto& n = w.new_vma(mm, 108, 4, 8);
    moving<F> m{w, v, {4, 4, 4}, nullptr, &n, {104, 4, 4}};
    const bool anyhow = F::policy::topology::order == rmap::walk_order::ancestry;
    BOOST_TEST((m.moved.to == &n && m.moved.needs_locks == anyhow));
}

// An unfaulted part moved right behind its own vma becomes part of it; before its own vma as well.
BOOST_AUTO_TEST_CASE_TEMPLATE(into_itself, F, as_linux<toy>) {
    world<F> w;
    auto& mm = w.new_mm();
    auto& v = w.new_vma(mm, 10, 4);
    moving<F> behind{w, v, {10, 4, 10}, &v, nullptr, {14, 4, 14}};
    BOOST_TEST((behind.moved.to == &v && behind.moved.from == &v && v.pages() == 8));
    moving<F> before{w, v, {10, 4, 10}, nullptr, &v, {6, 4, 6}};
    BOOST_TEST((before.moved.to == &v && v.start() == 6));
    auto& p = w.new_vma(mm, 0, 2);
    moving<F> between{w, v, {6, 4, 6}, &p, &v, {2, 4, 2}};
    BOOST_TEST((between.moved.to == &p && between.moved.from == nullptr));
    BOOST_TEST((p.start() == 0 && p.pages() == 18));
}

// Batches move under both locks that walks take, when they must.
BOOST_AUTO_TEST_CASE_TEMPLATE(locks_of_a_batch, F, locking<toy>) {
    world<F> w;
    rmap::i_mmap<typename F::policy> file;
    auto& v = w.new_vma(w.new_mm(), 0, 4, 0, &file);
    BOOST_TEST((w.map().prepare(v) == status::ok));
    typename F::page page;
    w.map().tag_new(page, v, 0);
    page.add_mapping();
    const auto contended = [&] {
        const auto nothing = [](const auto&) {};
        const auto anon = w.map().walk(page, nothing, rmap::walk_mode::try_lock);
        const auto filed = w.map().walk_file(file, 0, 1, nothing, rmap::walk_mode::try_lock);
        return (anon.state == status::contended ? 1 : 0) +
               (filed.state == status::contended ? 2 : 0);
    };
    {
        const typename F::map::move_locks held{v, true};
        BOOST_TEST(contended() == 3);
    }
    {
        const typename F::map::move_locks held{v, false};
        BOOST_TEST(contended() == 0);
    }
    page.remove_mapping();
    w.forget(v);
}

}  // namespace
