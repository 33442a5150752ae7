// SPDX-License-Identifier: BSL-1.0

// core/atomics.hpp: both families do to one word what their names say, and the default family
// passes what was written before a release store to the thread that acquires it.

#define BOOST_TEST_MODULE atomics
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <thread>

#include <rmap/core/atomics.hpp>
#include <rmap/hosted/std_atomics.hpp>

namespace {

using rmap::order;
using families =
    boost::mpl::list<rmap::atomics::builtin, rmap::atomics::single, rmap::hosted::std_atomics>;
using own_families = boost::mpl::list<rmap::atomics::builtin, rmap::atomics::single>;
using shared_families = boost::mpl::list<rmap::atomics::builtin, rmap::hosted::std_atomics>;

struct empty {};
static_assert(!rmap::atomics_family<empty>);
static_assert(!rmap::atomics_family<int>);

enum class color : std::uint8_t { red, green };

struct halves {
    std::uint16_t low;
    std::uint16_t high;
    bool operator==(const halves&) const = default;
};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(each_operation_returns_what_was_there, Family, families) {
    typename Family::template atomic<std::uint32_t> word{5};
    BOOST_TEST(word.load(order::acquire) == 5U);
    word.store(6, order::release);
    BOOST_TEST(word.exchange(7, order::acq_rel) == 6U);
    BOOST_TEST(word.fetch_add(3, order::relaxed) == 7U);
    BOOST_TEST(word.fetch_sub(2, order::release) == 10U);
    BOOST_TEST(word.fetch_or(0x10, order::seq_cst) == 8U);
    BOOST_TEST(word.fetch_and(0xfU, order::acquire) == 0x18U);
    BOOST_TEST(word.load(order::seq_cst) == 8U);
    word.store(0, order::relaxed);
    BOOST_TEST(word.fetch_sub(1, order::relaxed) == 0U);  // wraps
    BOOST_TEST(word.load(order::relaxed) == 0xffffffffU);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(compare_exchange_changes_only_what_was_expected, Family, families) {
    for (const order o :
         {order::relaxed, order::acquire, order::release, order::acq_rel, order::seq_cst}) {
        typename Family::template atomic<std::uint32_t> word{1};
        std::uint32_t expected = 2;
        BOOST_TEST(!word.compare_exchange(expected, 3, o));
        BOOST_TEST(expected == 1U);
        BOOST_TEST(word.load(order::relaxed) == 1U);
        BOOST_TEST(word.compare_exchange(expected, 3, o));
        BOOST_TEST(expected == 1U);
        BOOST_TEST(word.load(order::relaxed) == 3U);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pointers_and_enumerations_are_words, Family, families) {
    int target = 0;
    typename Family::template atomic<int*> pointer;
    BOOST_TEST(pointer.load(order::relaxed) == nullptr);
    pointer.store(&target, order::release);
    BOOST_TEST(pointer.exchange(nullptr, order::acq_rel) == &target);
    typename Family::template atomic<color> painted{color::red};
    color expected = color::red;
    BOOST_TEST(painted.compare_exchange(expected, color::green, order::acq_rel));
    BOOST_TEST((painted.load(order::relaxed) == color::green));
}

// Not std::atomic: clang calls libatomic for it where it does not inline.
BOOST_AUTO_TEST_CASE_TEMPLATE(small_structs_are_words, Family, own_families) {
    typename Family::template atomic<halves> both{halves{1, 2}};
    halves seen{1, 3};
    BOOST_TEST(!both.compare_exchange(seen, halves{5, 6}, order::acq_rel));
    BOOST_TEST((seen == halves{1, 2}));
    BOOST_TEST((both.exchange(halves{3, 4}, order::acq_rel) == halves{1, 2}));
    BOOST_TEST((both.load(order::relaxed) == halves{3, 4}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_plain_field_behaves_as_its_value, Family, families) {
    typename Family::template plain<int> number;
    BOOST_TEST(static_cast<int>(number) == 0);
    number = 4;
    BOOST_TEST(number + 1 == 5);
    struct point {
        int x;
    } here{3};
    typename Family::template plain<point*> pointer{&here};
    BOOST_TEST(pointer->x == 3);
    static_assert(sizeof(number) == sizeof(int) && sizeof(pointer) == sizeof(void*));
    Family::pause();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(release_and_acquire_pass_a_plain_field_on, Family, shared_families) {
    for (int round = 0; round < 50; ++round) {
        typename Family::template plain<int> message{0};
        typename Family::template atomic<std::uint32_t> ready{0};
        std::thread sender{[&] {
            message = round + 1;
            ready.store(1, order::release);
        }};
        while (ready.load(order::acquire) == 0) {
            Family::pause();
            std::this_thread::yield();
        }
        BOOST_TEST(message == round + 1);
        sender.join();
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(no_increment_is_lost, Family, shared_families) {
    typename Family::template atomic<std::uint32_t> count{0};
    auto work = [&] {
        for (int i = 0; i < 5000; ++i) {
            count.fetch_add(1, order::relaxed);
        }
    };
    std::thread a{work};
    std::thread b{work};
    a.join();
    b.join();
    BOOST_TEST(count.load(order::relaxed) == 10000U);
}
