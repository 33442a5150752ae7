// SPDX-License-Identifier: BSL-1.0

// Stories of the shipped locks: who excludes whom, and who sees what an earlier holder wrote.

#include <rmap/locks/mcs.hpp>
#include <rmap/locks/rw_spin.hpp>
#include <rmap/locks/seq_rw_spin.hpp>
#include <rmap/locks/seqcount.hpp>
#include <rmap/locks/spin.hpp>
#include <rmap/locks/ticket.hpp>

#include "kill/kill.hpp"

namespace kill {

namespace {

using rmap::order;
using rmap_test::weakened_model;
using verify::require;
template <class T>
using plain = weakened_model::plain<T>;

/// Threads that add under the lock; `tries` of them give up where they had to wait.
template <class Lock>
auto additions(unsigned threads, unsigned tries) {
    return [=](verify::test& t) {
        Lock lock;
        plain<unsigned> sum{0};
        unsigned entered = 0;
        for (unsigned i = 0; i != threads; ++i) {
            t.thread("adds", [&, i] {
                if (i < tries) {
                    if (!lock.try_lock()) return;
                } else {
                    lock.lock();
                }
                sum = sum + 1;
                ++entered;
                lock.unlock();
            });
        }
        t.run();
        require(sum == entered, "an addition was lost");
        require(!lock.is_held(), "held for ever");
    };
}

/// A writer, and readers who must not see half of what it does.
template <class Lock>
auto readers(unsigned count, bool tries) {
    return [=](verify::test& t) {
        Lock lock;
        plain<int> n{0};
        t.thread("writes", [&] {
            lock.lock();
            n = n + 1;
            n = n + 1;
            lock.unlock();
        });
        for (unsigned i = 0; i != count; ++i) {
            t.thread("reads", [&] {
                if (tries) {
                    if (!lock.try_lock_shared()) return;
                } else {
                    lock.lock_shared();
                }
                require(n % 2 == 0, "half a change was seen");
                lock.unlock_shared();
            });
        }
        t.run();
        require(!lock.is_held() && !lock.is_held_shared(), "held for ever");
    };
}

void sequence(verify::test& t) {
    rmap::locks::basic_seqcount<weakened_model> count;
    weakened_model::atomic<int> left{0};
    weakened_model::atomic<int> right{0};
    t.thread("writes", [&] {
        count.begin_write();
        left.store(1, order::relaxed);
        right.store(1, order::relaxed);
        count.end_write();
    });
    t.thread("reads", [&] {
        const auto seen = count.begin_read();
        const int l = left.load(order::relaxed);
        const int r = right.load(order::relaxed);
        if (!count.changed(seen)) require(l == r, "a mixture passed for whole");
    });
    t.run();
}

/// What was read before must not be younger than the count says: the other order of the two words.
void sequence_backwards(verify::test& t) {
    rmap::locks::basic_seqcount<weakened_model> count;
    weakened_model::atomic<int> left{0};
    weakened_model::atomic<int> right{0};
    t.thread("writes", [&] {
        count.begin_write();
        left.store(1, order::relaxed);
        right.store(1, order::relaxed);
        count.end_write();
    });
    t.thread("reads", [&] {
        const auto seen = count.begin_read();
        const int r = right.load(order::relaxed);
        const int l = left.load(order::relaxed);
        if (!count.changed(seen)) require(l == r, "a mixture passed for whole");
    });
    t.run();
}

/// The same with a lock that can be looked past, either way round.
auto looks(bool backwards) {
    return [=](verify::test& t) {
        rmap::locks::basic_seq_rw_spin<weakened_model> lock;
        weakened_model::atomic<int> left{0};
        weakened_model::atomic<int> right{0};
        t.thread("writes", [&] {
            lock.lock();
            left.store(1, order::relaxed);
            right.store(1, order::relaxed);
            lock.unlock();
        });
        t.thread("looks", [&] {
            const auto seen = lock.begin_read();
            const int first = (backwards ? right : left).load(order::relaxed);
            const int second = (backwards ? left : right).load(order::relaxed);
            if (!lock.changed(seen)) require(first == second, "a mixture passed for whole");
        });
        t.run();
    };
}

template <class Lock>
void all_of(stories& out, const std::string& name) {
    out.push_back({name + ": two add", "locks", weakly, additions<Lock>(2, 0)});
    out.push_back({name + ": one adds, one tries", "locks", weakly, additions<Lock>(2, 1)});
}

}  // namespace

void tell_locks(stories& out) {
    using spin = rmap::locks::basic_spin<weakened_model>;
    using rw_spin = rmap::locks::basic_rw_spin<weakened_model>;
    using ticket = rmap::locks::basic_ticket<weakened_model>;
    using mcs = rmap::locks::basic_mcs<weakened_model>;
    all_of<spin>(out, "spin");
    all_of<rw_spin>(out, "rw_spin");
    using seq_rw_spin = rmap::locks::basic_seq_rw_spin<weakened_model>;
    all_of<seq_rw_spin>(out, "seq_rw_spin");
    out.push_back(
        {"seq_rw_spin: one writes, one reads", "locks", weakly, readers<seq_rw_spin>(1, false)});
    out.push_back({"seq_rw_spin: one writes, one looks", "locks", weakly, looks(false)});
    out.push_back({"seq_rw_spin: one looks backwards", "locks", weakly, looks(true)});
    all_of<ticket>(out, "ticket");
    all_of<mcs>(out, "mcs");
    out.push_back({"rw_spin: one writes, one reads", "locks", weakly, readers<rw_spin>(1, false)});
    out.push_back({"seqcount: one writes, one reads", "locks", weakly, sequence});
    out.push_back({"seqcount: one reads backwards", "locks", weakly, sequence_backwards});
    // Three in the queue; its whole is too long to search.
    verify::explore_options some = weakly;
    some.stale = 1;
    some.how = verify::search::preemptions;
    some.preemptions = 2;
    out.push_back({"mcs: three add", "locks", some, additions<mcs>(3, 0)});
}

}  // namespace kill
