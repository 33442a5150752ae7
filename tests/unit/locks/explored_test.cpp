// SPDX-License-Identifier: BSL-1.0

// The shipped locks under the explorer, over its atomics: nobody is inside together with a writer,
// and who enters sees what the last holder left, in every interleaving and in every execution of
// the C++ memory model; with the orders taken away this is noticed. The same for what a sequence
// counter promises.

#define BOOST_TEST_MODULE locks_explored
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <rmap/locks/mcs.hpp>
#include <rmap/locks/rw_spin.hpp>
#include <rmap/locks/seq_rw_spin.hpp>
#include <rmap/locks/seqcount.hpp>
#include <rmap/locks/spin.hpp>
#include <rmap/locks/ticket.hpp>
#include <rmap/verify/explore.hpp>

namespace {

using rmap::order;
namespace verify = rmap::verify;
using verify::model;

/// The explorer's atomics with every order taken away.
struct relaxed : model {
    template <class T>
    struct atomic : model::atomic<T> {
        using base = model::atomic<T>;
        using base::base;
        T load(order) const noexcept { return base::load(order::relaxed); }
        void store(T value, order) noexcept { base::store(value, order::relaxed); }
        T exchange(T value, order) noexcept { return base::exchange(value, order::relaxed); }
        bool compare_exchange(T& expected, T desired, order) noexcept {
            return base::compare_exchange(expected, desired, order::relaxed);
        }
        T fetch_add(T by, order) noexcept { return base::fetch_add(by, order::relaxed); }
        T fetch_sub(T by, order) noexcept { return base::fetch_sub(by, order::relaxed); }
        T fetch_or(T with, order) noexcept { return base::fetch_or(with, order::relaxed); }
    };
    static void fence(order) noexcept {}
};

template <class Atomics>
using all_locks =
    boost::mpl::list<rmap::locks::basic_spin<Atomics>, rmap::locks::basic_rw_spin<Atomics>,
                     rmap::locks::basic_seq_rw_spin<Atomics>, rmap::locks::basic_ticket<Atomics>,
                     rmap::locks::basic_mcs<Atomics>>;

const char* const names[] = {"a", "b", "c"};

/// Threads that add one to a plain field under the lock; one of them tries instead of waiting.
template <class Lock>
verify::explore_result add(unsigned threads, bool one_tries, verify::explore_options with) {
    return verify::explore("add under a lock", with, [&](verify::test& t) {
        Lock lock;
        model::plain<unsigned> sum{0};
        unsigned entered = 0;
        for (unsigned i = 0; i != threads; ++i) {
            t.thread(names[i], [&, i] {
                if (one_tries && i == 0) {
                    if (!lock.try_lock()) return;
                } else {
                    lock.lock();
                }
                verify::require(lock.is_held(), "the holder is told that nobody holds the lock");
                sum = sum + 1;
                ++entered;
                lock.unlock();
            });
        }
        t.run();
        verify::require(sum == entered, "an addition was lost");
        verify::require(entered >= threads - 1U, "who waited did not enter");
        verify::require(!lock.is_held(), "the lock is held at the end");
    });
}

void clean(const verify::explore_result& r) {
    BOOST_TEST(!r.failed(), r.what.what << "\n" << r.text);
    BOOST_TEST(r.complete, r.coverage);
    BOOST_TEST_MESSAGE(r.coverage);
}

/// A writer that changes two fields, readers that must see both changes or none.
template <class Atomics>
verify::explore_result read_both(verify::explore_options with) {
    return verify::explore("a sequence counter", with, [&](verify::test& t) {
        rmap::locks::basic_seqcount<Atomics> count;
        model::atomic<int> left{0};
        model::atomic<int> right{0};
        t.thread("writer", [&] {
            count.begin_write();
            left.store(1, order::relaxed);
            right.store(1, order::relaxed);
            count.end_write();
        });
        t.thread("reader", [&] {
            const auto seen = count.begin_read();
            const int l = left.load(order::relaxed);
            const int r = right.load(order::relaxed);
            if (!count.changed(seen)) verify::require(l == r, "a mixture passed for whole");
        });
        t.run();
        verify::require(!count.changed(2), "the counter counts otherwise");
    });
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(holders_exclude_each_other, Lock, all_locks<model>) {
    clean(add<Lock>(2, false, {}));
    clean(add<Lock>(2, true, {}));
    clean(add<Lock>(3, false, {.how = verify::search::preemptions, .preemptions = 2}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(in_the_memory_model_too, Lock, all_locks<model>) {
    clean(add<Lock>(2, false, {.weak = true}));
    clean(add<Lock>(2, true, {.weak = true}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_lock_without_orders_is_noticed, Lock, all_locks<relaxed>) {
    const auto r = add<Lock>(2, false, {.weak = true, .minimise = false});
    BOOST_TEST(r.failed());
    BOOST_TEST(r.what.what.find("nothing orders the two") != std::string::npos, r.what.what);
}

BOOST_AUTO_TEST_CASE(a_reader_of_a_sequence_sees_no_mixture) {
    clean(read_both<model>({}));
    clean(read_both<model>({.weak = true}));
    BOOST_TEST(read_both<relaxed>({.weak = true}).failed());
}
