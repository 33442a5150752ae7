// SPDX-License-Identifier: BSL-1.0

// The memory orders of the spinning locks, as they ship, under the C++ memory model: holders
// exclude each other and see what earlier holders wrote. Each order is needed: without it a plain
// field that the lock protects is raced for.

#include <rmap/locks/rw_spin.hpp>
#include <rmap/locks/seq_rw_spin.hpp>
#include <rmap/locks/spin.hpp>

#include "support/weakened.hpp"

namespace {

using namespace rmap_test;
using enum order;

tally count;

using spin = rmap::locks::basic_spin<weakened_model>;
using rw_spin = rmap::locks::basic_rw_spin<weakened_model>;
using seq_rw_spin = rmap::locks::basic_seq_rw_spin<weakened_model>;

constexpr std::initializer_list<failure_kind> race = {failure_kind::data_race};
constexpr std::initializer_list<failure_kind> mixture = {failure_kind::assertion};

/// Threads that count under the lock.
template <class Lock, bool Try>
void counters(verify::test& t) {
    Lock l;
    model::plain<int> n{0};
    int refused = 0;
    for (const char* who : {"a", "b"}) {
        t.thread(who, [&] {
            if constexpr (Try) {
                if (!l.try_lock()) {
                    ++refused;
                    return;
                }
            } else {
                l.lock();
            }
            n = n + 1;
            l.unlock();
        });
    }
    t.run();
    require(n == 2 - refused, "an increment was lost");
    require(!l.is_held(), "held for ever");
}

/// A writer and readers; `Readers` of them.
template <unsigned Readers, bool Try, class Lock = rw_spin>
void readers(verify::test& t) {
    Lock l;
    model::plain<int> n{0};
    t.thread("writer", [&] {
        if constexpr (Try) {
            if (!l.try_lock()) return;
        } else {
            l.lock();
        }
        n = n + 1;
        n = n + 1;
        l.unlock();
    });
    for (unsigned i = 0; i != Readers; ++i) {
        t.thread("reader", [&] {
            if constexpr (Try) {
                if (!l.try_lock_shared()) return;
            } else {
                l.lock_shared();
            }
            require(n % 2 == 0, "half a change was seen");
            l.unlock_shared();
        });
    }
    t.run();
    require(!l.is_held() && !l.is_held_shared(), "held for ever");
}

void spins() {
    as_shipped(count, "spin", {}, counters<spin, false>);
    as_shipped(count, "spin, trying", {}, counters<spin, true>);
    const auto lacks = [](const char* name, const char* function, order from) {
        shows(count, name, {}, {"locks/spin.hpp", function, from}, race, counters<spin, false>);
        shows(count, name, {}, {"locks/spin.hpp", function, from}, race, counters<spin, true>);
    };
    lacks("spin unlock", "unlock", release);
    lacks("spin take", "take", acquire);
}

void rw_spins() {
    as_shipped(count, "rw_spin, writers", {}, counters<rw_spin, false>);
    as_shipped(count, "rw_spin, writers trying", {}, counters<rw_spin, true>);
    as_shipped(count, "rw_spin, a reader", {}, readers<1, false>);
    as_shipped(count, "rw_spin, a reader trying", {}, readers<1, true>);
    as_shipped(count, "rw_spin, readers trying", {}, readers<2, true>);
    const char* const file = "locks/rw_spin.hpp";
    shows(count, "rw_spin unlock", {}, {file, "unlock", release}, race, counters<rw_spin, false>);
    shows(count, "rw_spin unlock, reader", {}, {file, "unlock", release}, race, readers<1, false>);
    shows(count, "rw_spin unlock_shared", {}, {file, "unlock_shared", release}, race,
          readers<1, false>);
    shows(count, "rw_spin unlock_shared, readers", {}, {file, "unlock_shared", release}, race,
          readers<2, true>);
    shows(count, "rw_spin take", {}, {file, "take", acquire}, race, counters<rw_spin, false>);
    shows(count, "rw_spin take, reader", {}, {file, "take", acquire}, race, readers<1, false>);
}

/// A writer, which comes `Rounds` times, and one who looks without the lock: at two fields, in
/// either order.
template <bool Backwards, unsigned Rounds>
void looks(verify::test& t) {
    seq_rw_spin l;
    weakened_model::atomic<unsigned> left{0};
    weakened_model::atomic<unsigned> right{0};
    t.thread("writer", [&] {
        for (unsigned i = 1; i <= Rounds; ++i) {
            l.lock();
            left.store(i, relaxed);
            right.store(i, relaxed);
            l.unlock();
        }
    });
    t.thread("looks", [&] {
        const auto seen = l.begin_read();
        const unsigned first = (Backwards ? right : left).load(relaxed);
        const unsigned second = (Backwards ? left : right).load(relaxed);
        if (l.changed(seen)) return;
        require(!seq_rw_spin::is_held(seen), "a look under a writer is whole");
        require(first == second, "a mixture passed for whole");
    });
    t.run();
    require(!l.changed(l.begin_read()), "no look succeeds when all have gone");
}

/// One who looks while readers come and go.
void looks_beside_reader(verify::test& t) {
    seq_rw_spin l;
    t.thread("reader", [&] {
        l.lock_shared();
        l.unlock_shared();
    });
    t.thread("looks", [&] {
        const auto seen = l.begin_read();
        require(!l.changed(seen), "a reader makes a look vain");
    });
    t.run();
}

void seq_rw_spins() {
    as_shipped(count, "seq_rw_spin, writers", {}, counters<seq_rw_spin, false>);
    as_shipped(count, "seq_rw_spin, writers trying", {}, counters<seq_rw_spin, true>);
    as_shipped(count, "seq_rw_spin, a reader", {}, readers<1, false, seq_rw_spin>);
    as_shipped(count, "seq_rw_spin, readers trying", {}, readers<2, true, seq_rw_spin>);
    as_shipped(count, "seq_rw_spin, a look", {}, looks<false, 1>);
    as_shipped(count, "seq_rw_spin, a look backwards", {}, looks<true, 1>);
    as_shipped(count, "seq_rw_spin, a look and two changes", {}, looks<false, 2>);
    as_shipped(count, "seq_rw_spin, a look and a reader", {}, looks_beside_reader);
    const char* const file = "locks/seq_rw_spin.hpp";
    shows(count, "seq_rw_spin unlock", {}, {file, "unlock", release}, race,
          counters<seq_rw_spin, false>);
    shows(count, "seq_rw_spin unlock_shared", {}, {file, "unlock_shared", release}, race,
          readers<2, true, seq_rw_spin>);
    shows(count, "seq_rw_spin take", {}, {file, "take", acquire}, race,
          counters<seq_rw_spin, false>);
    shows(count, "seq_rw_spin unlock, a look", {}, {file, "unlock", release}, mixture,
          looks<true, 1>);
    shows(count, "seq_rw_spin begin_read", {}, {file, "begin_read", acquire}, mixture,
          looks<true, 1>);
    shows(count, "seq_rw_spin changed", {}, {file, "changed", acquire}, mixture, looks<false, 1>);
    shows(count, "seq_rw_spin take_alone", {}, {file, "take_alone", release}, mixture,
          looks<false, 1>);
}

}  // namespace

int main() {
    spins();
    rw_spins();
    seq_rw_spins();
    return count.exit_code();
}
