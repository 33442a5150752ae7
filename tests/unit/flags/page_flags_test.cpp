// SPDX-License-Identifier: BSL-1.0

// A word of flags: each access touches its flag only, and says what was there; the lock in the word
// excludes, and leaves the other flags alone; the unpublished form moves in and out. With threads:
// nobody's flag is lost.

#define BOOST_TEST_MODULE page_flags
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>
#include <thread>
#include <utility>

#include <rmap/flags/page_flags.hpp>
#include <rmap/hosted/std_atomics.hpp>
#include <rmap/locks/guard.hpp>

namespace {

using rmap::order;
using rmap::write_guard;
using rmap::flags::page_flags;
using rmap::flags::unpublished_flags;

enum class pg : unsigned { locked, lru, mlocked, dirty, count };
enum class full : std::uint8_t { a, b, c, d, e, f, g, locked, count };
static_assert(static_cast<unsigned>(full::count) == 8);

using words = boost::mpl::list<page_flags<pg>, page_flags<pg, rmap::atomics::single>,
                               page_flags<pg, rmap::hosted::std_atomics>,
                               page_flags<pg, rmap::atomics::builtin, std::uint8_t>,
                               page_flags<pg, rmap::atomics::builtin, std::uint16_t>,
                               page_flags<pg, rmap::hosted::std_atomics, std::uint64_t>>;

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(one_flag_at_a_time, Word, words) {
    Word w;
    BOOST_TEST(w.template load<order::relaxed>() == 0U);
    w.template set<pg::mlocked, order::relaxed>();
    w.template set<pg::dirty, order::release>();
    BOOST_TEST((w.template test<pg::mlocked, order::relaxed>()));
    BOOST_TEST((w.template test<pg::dirty, order::acquire>()));
    BOOST_TEST((!w.template test<pg::lru, order::seq_cst>()));
    BOOST_TEST(w.template load<order::acquire>() ==
               (Word::template mask<pg::mlocked>() | Word::template mask<pg::dirty>()));
    w.template clear<pg::mlocked, order::relaxed>();
    BOOST_TEST((!w.template test<pg::mlocked, order::relaxed>()));
    BOOST_TEST((w.template test<pg::dirty, order::relaxed>()));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_old_value_is_told, Word, words) {
    Word w;
    w.template set<pg::dirty, order::relaxed>();
    BOOST_TEST((!w.template test_and_set<pg::lru, order::acq_rel>()));
    BOOST_TEST((w.template test_and_set<pg::lru, order::relaxed>()));
    BOOST_TEST((w.template test_and_clear<pg::lru, order::relaxed>()));
    BOOST_TEST((!w.template test_and_clear<pg::lru, order::acquire>()));
    BOOST_TEST(w.template load<order::relaxed>() == Word::template mask<pg::dirty>());
}

BOOST_AUTO_TEST_CASE(flags_are_numbers_of_bits) {
    BOOST_TEST(page_flags<pg>::mask<pg::locked>() == 1U);
    BOOST_TEST(page_flags<pg>::mask<pg::dirty>() == 8U);
    using eight = page_flags<full, rmap::atomics::builtin, std::uint8_t>;
    eight w;
    w.set<full::a, order::relaxed>();
    w.set<full::g, order::relaxed>();
    BOOST_TEST(w.load<order::relaxed>() == 0x41);
    w.lock();
    BOOST_TEST(w.load<order::relaxed>() == 0xC1);
    w.clear<full::a, order::relaxed>();
    BOOST_TEST(w.load<order::relaxed>() == 0xC0);
    w.unlock();
    BOOST_TEST(w.load<order::relaxed>() == 0x40);
    static_assert(sizeof(eight) == 1 && sizeof(page_flags<pg>) == 4);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(unpublished_flags_move_in_and_out, Word, words) {
    typename Word::unpublished fresh;
    BOOST_TEST(fresh.none());
    fresh.template set<pg::lru>();
    fresh.template set<pg::dirty>();
    fresh.template clear<pg::lru>();
    BOOST_TEST((fresh.template test<pg::dirty>() && !fresh.template test<pg::lru>()));

    Word w{std::move(fresh)};
    BOOST_TEST(fresh.none());
    BOOST_TEST(w.template load<order::relaxed>() == Word::template mask<pg::dirty>());
    w.template set<pg::mlocked, order::relaxed>();

    auto own = w.withdraw();
    BOOST_TEST(w.template load<order::relaxed>() == 0U);
    BOOST_TEST((own.template test<pg::dirty>() && own.template test<pg::mlocked>()));
    own.template clear<pg::mlocked>();
    typename Word::unpublished moved;
    moved.template set<pg::lru>();
    moved = std::move(own);
    BOOST_TEST((own.none() && !moved.template test<pg::lru>()));
    w.publish(std::move(moved));
    BOOST_TEST(moved.none());
    BOOST_TEST(w.template load<order::relaxed>() == Word::template mask<pg::dirty>());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_word_is_a_lock, Word, words) {
    Word w;
    w.template set<pg::dirty, order::relaxed>();
    {
        write_guard guard{w};
        BOOST_TEST(guard.owns());
        BOOST_TEST(w.is_held());
        BOOST_TEST(!w.try_lock());
        w.template set<pg::lru, order::relaxed>();
        write_guard second{w, rmap::try_to_lock};
        BOOST_TEST(!second.owns());
    }
    BOOST_TEST(!w.is_held());
    BOOST_TEST(w.template load<order::relaxed>() ==
               (Word::template mask<pg::dirty>() | Word::template mask<pg::lru>()));
    BOOST_TEST(w.try_lock());
    w.unlock();
}

BOOST_AUTO_TEST_CASE(with_threads_no_flag_is_lost_and_holders_exclude_each_other) {
    constexpr unsigned turns = 20000;
    page_flags<pg> w;
    unsigned inside = 0;   // holding the word's lock
    unsigned entered = 0;  // holding the word's lock
    bool alone = true;     // holding the word's lock
    const auto holder = [&] {
        for (unsigned i = 0; i != turns; ++i) {
            const write_guard guard{w};
            alone = alone && ++inside == 1;
            ++entered;
            --inside;
        }
    };
    bool kept = true;
    std::thread a{holder};
    std::thread b{holder};
    std::thread c{[&] {
        for (unsigned i = 0; i != turns; ++i) {
            kept = kept && !w.test_and_set<pg::dirty, order::relaxed>();
            kept = kept && w.test_and_clear<pg::dirty, order::relaxed>();
        }
    }};
    a.join();
    b.join();
    c.join();
    BOOST_TEST(alone);
    BOOST_TEST(kept);
    BOOST_TEST(entered == 2 * turns);
    BOOST_TEST(w.load<order::relaxed>() == 0U);
}
