// SPDX-License-Identifier: BSL-1.0

// take_all_locks: every lock once, walks contended meanwhile, all released, in reach and out of it.

#define BOOST_TEST_MODULE all_locks
#include <boost/test/unit_test.hpp>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;
using rmap::walk_mode;

/// Aborts where it is taken twice: rw_spin would wait for ever.
struct once_lock : rmap::locks::rw_spin {
    static inline int held = 0;
    void lock() noexcept {
        if (!try_lock()) __builtin_abort();
        ++held;
    }
    void unlock() noexcept {
        --held;
        rmap::locks::rw_spin::unlock();
    }
};
struct once : rmap::default_policy {
    using lock = once_lock;
};
using F = toy<tested<once>>;

BOOST_AUTO_TEST_CASE(all_and_once) {
    world<F> w;
    rmap::i_mmap<F::policy> files[2];
    auto& mm = w.new_mm();
    // Two vmas of one tree, one of another, an unfaulted one; two of one file, one of another.
    std::vector<F::vma*> vmas{&w.new_vma(mm, 0, 8, 0, &files[0]),
                              &w.new_vma(mm, 20, 4, 8, &files[0]),
                              &w.new_vma(mm, 30, 4, 0, &files[1]), &w.new_vma(mm, 40, 4)};
    auto& part = w.new_vma(mm, 0, 1);
    part.file = &files[0];
    BOOST_TEST((w.map().prepare(*vmas[0]) == status::ok));
    BOOST_TEST((w.map().split(*vmas[0], part, 4) == status::ok));
    vmas.push_back(&part);
    auto& stranger = w.faulted(w.new_mm(), 0, 4);
    vmas.push_back(&w.fork(w.faulted(w.new_mm(), 50, 4), mm));

    std::vector<F::page> pages(3);
    w.map().tag_new(pages[0], *vmas[0], 0);
    w.map().tag_new(pages[1], *vmas.back(), 50);
    w.map().tag_new(pages[2], stranger, 0);
    for (auto& page : pages)
        page.add_mapping();
    const auto try_walk = [&](auto& page) {
        return w.map()
            .walk(
                page, [](const auto&) {}, walk_mode::try_lock)
            .state;
    };
    const auto try_file = [&](auto& file) {
        return w.map()
            .walk_file(
                file, 0, 1, [](const auto&) {}, walk_mode::try_lock)
            .state;
    };
    const auto each = [&](auto f) {
        for (auto* v : vmas)
            f(*v);
    };
    for (int twice = 0; twice != 2; ++twice) {
        {
            const auto held = w.map().take_all_locks(each);
            BOOST_TEST(once_lock::held == 1 + 2 + 2);  // the mutex, two files, two trees
            BOOST_TEST((try_walk(pages[0]) == status::contended));
            BOOST_TEST((try_walk(pages[1]) == status::contended));
            BOOST_TEST((try_walk(pages[2]) == status::ok));  // out of the address space's reach
            BOOST_TEST((try_file(files[0]) == status::contended));
            BOOST_TEST((try_file(files[1]) == status::contended));
        }
        BOOST_TEST(once_lock::held == 0);
        for (auto& page : pages)
            BOOST_TEST((try_walk(page) == status::ok));
        for (auto& file : files)
            BOOST_TEST((try_file(file) == status::ok));
    }
    for (auto& page : pages)
        page.remove_mapping();
    for (auto* v : vmas)
        w.forget(*v);
}

BOOST_AUTO_TEST_CASE(of_nothing) {
    world<F> w;
    const auto none = [](auto) {};
    const auto held = w.map().take_all_locks(none);
    BOOST_TEST(once_lock::held == 1);
}

}  // namespace
