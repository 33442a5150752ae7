// SPDX-License-Identifier: BSL-1.0

// The walk over the vmas of a file.

#define BOOST_TEST_MODULE walk_file
#include <boost/test/unit_test.hpp>

#include "support/policies.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

template <class F>
void walks() {
    world<F> w;
    rmap::i_mmap<typename F::policy> file;
    auto& mm = w.new_mm();
    auto& all = w.new_vma(mm, 100, 10, 0, &file);
    auto& middle = w.new_vma(mm, 200, 4, 3, &file);
    auto& tail = w.new_vma(w.new_mm(), 300, 2, 8, &file);
    auto& again = w.new_vma(w.new_mm(), 400, 10, 0, &file);
    using met_type = std::vector<std::pair<const typename F::vma*, rmap::pgno>>;
    const auto met = [&](rmap::pgoff_t first, rmap::pgno pages) {
        met_type found;
        const auto result = w.map().walk_file(file, first, pages, [&](const auto& place) {
            found.emplace_back(&place.vma(), place.address());
        });
        BOOST_TEST((result.state == status::ok && result.places == found.size()));
        return found;
    };
    // The address is that of the first page of the stretch that the vma maps; those of one offset
    // come as they were linked.
    BOOST_TEST((met(0, 1) == met_type{{&all, 100}, {&again, 400}}));
    BOOST_TEST((met(5, 1) == met_type{{&all, 105}, {&again, 405}, {&middle, 202}}));
    BOOST_TEST((met(2, 2) == met_type{{&all, 102}, {&again, 402}, {&middle, 200}}));
    BOOST_TEST((met(7, 100) == met_type{{&all, 107}, {&again, 407}, {&tail, 300}}));
    BOOST_TEST((met(10, 1).empty()));
    BOOST_TEST((met(6, ~rmap::pgno{0} - 6).size() == 4U));  // truncation: to the end of all offsets

    const auto refused = [&](rmap::pgoff_t first, rmap::pgno pages) {
        return w.map()
                   .walk_file(file, first, pages, [](const auto&) { BOOST_TEST(false); })
                   .state == status::invalid;
    };
    BOOST_TEST(refused(0, 0));
    BOOST_TEST(refused(2, ~rmap::pgno{0}));

    // A page of the file leads there by its tag; it may be walked while nothing maps it.
    typename F::page page;
    w.map().tag_file(page, file, 9);
    BOOST_TEST((w.walked(page) == std::vector<const typename F::vma*>{&all, &again, &tail}));

    std::size_t count = 0;
    const auto stopped = w.map().walk_file(file, 0, 10, [&](const auto&) { return ++count != 2; });
    BOOST_TEST((stopped.stopped && count == 2U));

    w.map().unlink_file(all);
    all.file = nullptr;
    BOOST_TEST((met(0, 1) == met_type{{&again, 400}}));
    for (auto* v : {&middle, &tail, &again})
        w.forget(*v);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(over_a_file, F, few<toy>) {
    walks<F>();
}
BOOST_AUTO_TEST_CASE_TEMPLATE(with_member_hooks, F, one<member_toy>) {
    walks<F>();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(try_mode, F, locking<toy>) {
    world<F> w;
    rmap::i_mmap<typename F::policy> file;
    auto& v = w.new_vma(w.new_mm(), 100, 10, 0, &file);
    const auto try_it = [&] {
        return w.map()
            .walk_file(
                file, 0, 1, [](const auto&) {}, rmap::walk_mode::try_lock)
            .state;
    };
    BOOST_TEST((try_it() == status::ok));
    {
        const rmap::write_guard held{file.lock};
        BOOST_TEST((try_it() == status::contended));
    }
    BOOST_TEST((try_it() == status::ok));
    w.forget(v);
}

}  // namespace
