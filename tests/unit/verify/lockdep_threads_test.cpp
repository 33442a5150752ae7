// SPDX-License-Identifier: BSL-1.0

// lockdep with real threads: what one did and what another does is one graph, nothing is reported
// where order is kept, and watching orders nobody (the thread sanitizer runs this too).

#define BOOST_TEST_MODULE lockdep_threads
#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <thread>

#include <rmap/verify/lockdep.hpp>

#include "support/lock_reports.hpp"
#include "support/mm_family.hpp"

namespace {

using rmap::write_guard;
using rmap::verify::lock_class;
using rmap_test::lock_reports;

struct watched : rmap::default_policy {
    using lock = rmap::verify::lockdep<rmap::default_policy::lock>;
    using allocator = rmap_test::counted_memory;
};

inline constexpr lock_class class_a{"a"};
inline constexpr lock_class class_b{"b"};
using lock_a = rmap::verify::lockdep_of<rmap::locks::spin, class_a>;
using lock_b = rmap::verify::lockdep_of<rmap::locks::spin, class_b>;

/// f() on a thread of its own, to its end.
template <class F>
void elsewhere(F f) {
    std::thread runs{f};
    runs.join();
}

}  // namespace

// One after the other: they cannot deadlock this time.
BOOST_AUTO_TEST_CASE(inversion_between_threads) {
    lock_reports reports;
    lock_a a;
    lock_b b;
    elsewhere([&] {
        const write_guard outer{a};
        const write_guard inner{b};
    });
    BOOST_TEST(reports.take() == "");
    elsewhere([&] {
        const write_guard outer{b};
        const write_guard inner{a};
    });
    BOOST_TEST(reports.take() == "inversion");
}

BOOST_AUTO_TEST_CASE(left_held) {
    lock_reports reports;
    lock_a a;
    elsewhere([&] { a.lock(); });
    BOOST_TEST(reports.take() == "left held");
    BOOST_TEST(!a.is_held());  // not by this thread
    a.unlock();
    BOOST_TEST(reports.take() == "not held");
}

BOOST_AUTO_TEST_CASE(a_family) {
    lock_reports reports;
    rmap_test::mm_family<watched> family;
    const auto work = [&](std::uint64_t seed) {
        std::array<rmap::mm::system<watched>::space*, 2> own{};
        rmap_test::mm_family<watched>::counts done{};
        family.work(seed, 300, own, done);
        family.leave(own);
    };
    std::thread one{[&] { work(1); }};
    std::thread two{[&] { work(2); }};
    one.join();
    two.join();
    for (const auto& r : reports.all())
        BOOST_ERROR(r.text);
    for (const std::string& what : family.problems())
        BOOST_ERROR(what);
}
