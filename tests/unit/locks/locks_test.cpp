// SPDX-License-Identifier: BSL-1.0

// The shipped locks with threads: nobody is inside together with a writer, the try forms answer for
// the state of the lock, and a waiting writer goes before new readers. Run under ThreadSanitizer,
// this is also the proof of the orders: without one of them the plain fields below race.

#define BOOST_TEST_MODULE locks
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include <rmap/core/atomics.hpp>
#include <rmap/hosted/std_atomics.hpp>
#include <rmap/hosted/std_locks.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/locks/mcs.hpp>
#include <rmap/locks/none.hpp>
#include <rmap/locks/rw_spin.hpp>
#include <rmap/locks/spin.hpp>
#include <rmap/locks/ticket.hpp>

namespace {

using rmap::order;
using rmap::read_guard;
using rmap::try_to_lock;
using rmap::write_guard;

using all_locks =
    boost::mpl::list<rmap::locks::spin, rmap::locks::rw_spin, rmap::hosted::mutex,
                     rmap::hosted::shared_mutex, rmap::locks::basic_spin<rmap::hosted::std_atomics>,
                     rmap::locks::basic_rw_spin<rmap::hosted::std_atomics>>;
using rw_locks =
    boost::mpl::list<rmap::locks::rw_spin, rmap::locks::basic_rw_spin<rmap::hosted::std_atomics>,
                     rmap::locks::basic_rw_spin<rmap::atomics::single>>;

// Whose waiters enter in turn: each waits for all before it, also for those that do not run.
using fair_locks =
    boost::mpl::list<rmap::locks::ticket, rmap::locks::mcs,
                     rmap::locks::basic_ticket<rmap::hosted::std_atomics>,
                     rmap::locks::basic_mcs<rmap::hosted::std_atomics>>;

template <class F>
void in_threads(unsigned count, F body) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < count; ++i) {
        threads.emplace_back(body, i);
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

/// Spinning threads may be more than the processors: a try loop that steps aside keeps the test
/// short.
template <template <class> class Guard, class Lock>
Guard<Lock> patiently(Lock& lock) {
    for (;;) {
        Guard<Lock> guard{lock, try_to_lock};
        if (guard.owns()) {
            return guard;
        }
        std::this_thread::yield();
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(writers_exclude_each_other, Lock, all_locks) {
    Lock lock;
    unsigned count = 0;  // not atomic: the lock protects it
    in_threads(2, [&](unsigned) {
        for (int i = 0; i < 500; ++i) {
            write_guard guard{lock};
            ++count;
        }
    });
    in_threads(3, [&](unsigned) {
        for (int i = 0; i < 200; ++i) {
            auto guard = patiently<write_guard>(lock);
            ++count;
        }
    });
    BOOST_TEST(count == 1600U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(readers_see_whole_writes, Lock, all_locks) {
    Lock lock;
    unsigned left = 0;
    unsigned right = 0;
    unsigned torn[4] = {};
    in_threads(4, [&](unsigned me) {
        for (int i = 0; i < 150; ++i) {
            if (me < 2) {
                auto guard = patiently<write_guard>(lock);
                ++left;
                ++right;
            } else {
                read_guard guard{lock};
                torn[me] += left != right ? 1U : 0U;
            }
        }
    });
    BOOST_TEST(torn[2] + torn[3] == 0U);
    BOOST_TEST(left == 300U);
    BOOST_TEST(right == 300U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_writer_sees_what_readers_left, Lock, all_locks) {
    // The readers never write under the writer's lock, and say that they are through by a relaxed
    // store, which orders nothing: it is their unlock that hands the notes to the writer.
    if constexpr (rmap::shared_lock<Lock>) {
        Lock lock;
        unsigned notes[3] = {};
        rmap::atomics::builtin::atomic<unsigned> through{0};
        std::vector<std::thread> readers;
        for (unsigned me = 0; me < 3; ++me) {
            readers.emplace_back([&, me] {
                {
                    read_guard guard{lock};
                    notes[me] = me + 1;
                }
                through.fetch_add(1, order::relaxed);
            });
        }
        while (through.load(order::relaxed) != 3) {
            std::this_thread::yield();
        }
        {
            write_guard guard{lock};
            BOOST_TEST(notes[0] + notes[1] + notes[2] == 6U);
        }
        for (std::thread& reader : readers) {
            reader.join();
        }
    }
}

BOOST_AUTO_TEST_CASE(a_spin_lock_tells_its_state) {
    rmap::locks::spin lock;
    BOOST_TEST(!lock.is_held());
    lock.lock();
    BOOST_TEST(lock.is_held());
    BOOST_TEST(!lock.try_lock());
    lock.unlock();
    BOOST_TEST(lock.try_lock());
    BOOST_TEST(!lock.try_lock());
    lock.unlock();
    BOOST_TEST(!lock.is_held());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_fair_lock_tells_its_state, Lock, fair_locks) {
    Lock lock;
    for (int round = 0; round < 3; ++round) {
        BOOST_TEST(!lock.is_held());
        lock.lock();
        BOOST_TEST(lock.is_held());
        BOOST_TEST(!lock.try_lock());
        BOOST_TEST(lock.is_held());
        lock.unlock();
        BOOST_TEST(lock.try_lock());
        BOOST_TEST(!lock.try_lock());
        lock.unlock();
    }
    BOOST_TEST(!lock.is_held());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(holders_of_a_fair_lock_exclude_each_other, Lock, fair_locks) {
    Lock lock;
    unsigned count = 0;  // not atomic: the lock protects it
    in_threads(2, [&](unsigned) {
        for (int i = 0; i < 20; ++i) {
            write_guard guard{lock};
            ++count;
        }
    });
    in_threads(3, [&](unsigned) {
        for (int i = 0; i < 20; ++i) {
            auto guard = patiently<write_guard>(lock);
            ++count;
        }
    });
    BOOST_TEST(count == 100U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(readers_share_and_a_writer_does_not, Lock, rw_locks) {
    Lock lock;
    BOOST_TEST(lock.try_lock_shared());
    BOOST_TEST(lock.try_lock_shared());
    BOOST_TEST(lock.is_held_shared());
    BOOST_TEST(!lock.is_held());
    BOOST_TEST(!lock.try_lock());
    lock.unlock_shared();
    BOOST_TEST(!lock.try_lock());  // one is still inside
    lock.unlock_shared();
    BOOST_TEST(!lock.is_held_shared());
    BOOST_TEST(lock.try_lock());
    BOOST_TEST(lock.is_held());
    BOOST_TEST(!lock.try_lock());
    BOOST_TEST(!lock.try_lock_shared());
    lock.unlock();
    lock.lock_shared();
    lock.lock_shared();
    lock.unlock_shared();
    lock.unlock_shared();
    lock.lock();
    lock.unlock();
    BOOST_TEST(lock.try_lock());
}

BOOST_AUTO_TEST_CASE(a_waiting_writer_holds_back_new_readers) {
    rmap::locks::rw_spin lock;
    lock.lock_shared();
    bool written = false;  // the lock protects it
    std::thread writer{[&] {
        write_guard guard{lock};
        written = true;
    }};
    // Readers come and go until the writer waits; then none gets in, though only a reader holds it.
    while (read_guard{lock, try_to_lock}.owns()) {
        std::this_thread::yield();
    }
    BOOST_TEST(!lock.try_lock_shared());
    BOOST_TEST(!lock.try_lock());
    BOOST_TEST(lock.is_held_shared());
    BOOST_TEST(!lock.is_held());
    lock.unlock_shared();
    lock.lock_shared();  // behind the writer: it was first
    BOOST_TEST(written);
    lock.unlock_shared();
    writer.join();
    BOOST_TEST(lock.try_lock());
}

BOOST_AUTO_TEST_CASE(overlapping_readers_do_not_starve_a_writer) {
    rmap::locks::rw_spin lock;
    rmap::atomics::builtin::atomic<bool> done{false};
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            while (!done.load(order::acquire)) {
                // Each takes hold again before the other lets go, as often as it can.
                read_guard guard{lock};
                std::this_thread::yield();
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        write_guard guard{lock};
    }
    done.store(true, order::release);
    for (std::thread& reader : readers) {
        reader.join();
    }
    BOOST_TEST(lock.try_lock());
}

BOOST_AUTO_TEST_CASE(the_lock_none_never_waits) {
    rmap::locks::none lock;
    write_guard first{lock};
    write_guard second{lock};
    read_guard third{lock, try_to_lock};
    BOOST_TEST(second.owns());
    BOOST_TEST(third.owns());
}
