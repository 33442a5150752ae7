// SPDX-License-Identifier: BSL-1.0
#pragma once

// rw_spin with a sequence in the same word, which every exclusive unlock advances by the store that
// releases. Who only wants to look writes nothing:
//
//     const auto seen = l.begin_read(); ...; if (!l.changed(seen)) no writer was there meanwhile
//
// What is read so MUST be atomic and stay readable; until changed() has said no it may be anything.
// As rw_spin: a writer that waits holds back new readers; not recursive. At most 2^22 - 1 readers.
// Source: Linux's seqlocks, with readers that wait; Boehm, MSPC 2012, section 4, for the orders.

#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/locks/concept.hpp>

namespace rmap::inline RMAP_ABI {

namespace locks {

template <atomics_family Atomics>
class basic_seq_rw_spin {
public:
    /// What begin_read() saw. It repeats after 2^40 exclusive unlocks. So a look is wrongly taken
    /// for whole only by who stands still inside of it for that many of them (three hours, if each
    /// took 10 ns and nothing else was done) and goes on at exactly that one: a reader MUST bound
    /// its steps between the two calls, so that no look of its own is that long.
    using sequence = std::uint64_t;

    constexpr basic_seq_rw_spin() noexcept = default;
    basic_seq_rw_spin(const basic_seq_rw_spin&) = delete;
    basic_seq_rw_spin& operator=(const basic_seq_rw_spin&) = delete;

    void lock() noexcept {
        for (;;) {
            const word seen = look();
            if ((seen & (writer | readers)) == 0) {
                // Clears `waiting`: other waiting writers set it again.
                if (take_alone(seen, (seen & ~waiting) | writer)) return;
            } else if ((seen & waiting) == 0) {
                // Orders:     nothing: the bit only keeps new readers out.
                // Pairs with: take(), which sees it as a part of the word that it replaces.
                // Otherwise:  a reader that has not seen it yet enters, once.
                // Proved by:  tests/explore/lock_orders_test.cpp
                state_.fetch_or(waiting, order::relaxed);
            }
            Atomics::pause();
        }
    }

    [[nodiscard]] bool try_lock() noexcept {
        const word seen = look();
        // With the bit `waiting` set, a writer is about to take the lock: it goes first.
        return (seen & below) == 0 && take_alone(seen, seen | writer);
    }

    void unlock() noexcept {
        // Orders:     what the writer did before this; and, as the sequence has moved, every look
        //             that began before.
        // Pairs with: take(), of the next writer or of any reader; begin_read().
        // Otherwise:  writer: stores field; sequence := n + 1 | reader: enters, or begins to look;
        //             loads the old field.
        // Proved by:  tests/explore/lock_orders_test.cpp
        // While a writer holds the lock others change the bit `waiting` alone, and that may be
        // lost, as in rw_spin. So this need not be a read-modify-write.
        state_.store((look() | below) + 1, order::release);
    }

    void lock_shared() noexcept {
        while (!try_lock_shared())
            Atomics::pause();
    }

    /// Fails as well where another reader came or went meanwhile.
    [[nodiscard]] bool try_lock_shared() noexcept {
        const word seen = look();
        return (seen & (writer | waiting)) == 0 && take(seen, seen + 1);
    }

    void unlock_shared() noexcept {
        // Orders:     what the reader did before this.
        // Pairs with: take() of the next writer, through the counts of all readers between (each is
        //             a read-modify-write, so the release sequence goes on).
        // Otherwise:  reader: count := 0; loads field | writer: enters; stores field.
        // Proved by:  tests/explore/lock_orders_test.cpp
        state_.fetch_sub(1, order::release);
    }

    /// Begins a look: no lock is taken, and none waited for.
    [[nodiscard]] sequence begin_read() const noexcept {
        // Orders:     this load before the loads of the look.
        // Pairs with: the store in unlock().
        // Otherwise:  writer: stores field; sequence := n + 1 | reader: sees n + 1, loads the old
        //             field, and still sees n + 1.
        // Proved by:  tests/explore/lock_orders_test.cpp
        return state_.load(order::acquire) >> writer_bit;
    }
    /// Whether a writer held the lock when the look began: what is read then is worth nothing.
    [[nodiscard]] static constexpr bool is_held(sequence seen) noexcept { return (seen & 1U) != 0; }
    /// Whether a writer held the lock at any time since begin_read(), which returned `seen`.
    [[nodiscard]] bool changed(sequence seen) const noexcept {
        // Orders:     the loads of the look before the second one of the word.
        // Pairs with: the fence in take_alone().
        // Otherwise:  as there.
        // Proved by:  tests/explore/lock_orders_test.cpp
        Atomics::fence(order::acquire);
        return is_held(seen) || look() >> writer_bit != seen;
    }

    /// Whether a writer holds the lock, and whether anyone does: true while the caller does.
    [[nodiscard]] bool is_held() const noexcept { return (look() & writer) != 0; }
    [[nodiscard]] bool is_held_shared() const noexcept {
        return (look() & (writer | readers)) != 0;
    }

private:
    using word = std::uint64_t;
    static constexpr word readers = (word{1} << 22) - 1;  // how many
    static constexpr word waiting = word{1} << 22;        // a writer wants it
    static constexpr unsigned writer_bit = 23;
    static constexpr word writer = word{1} << writer_bit;  // a writer holds the lock
    static constexpr word below = (word{1} << 24) - 1;     // all of these

    [[nodiscard]] word look() const noexcept {
        // Orders:     nothing, on purpose: the answer is a hint, or a fence stands before it.
        // Pairs with: nothing; who then takes the lock does so in take().
        // Otherwise:  a stale answer costs one more turn of a loop, or one failed try.
        // Proved by:  tests/explore/lock_orders_test.cpp
        return state_.load(order::relaxed);
    }

    [[nodiscard]] bool take(word seen, word wanted) noexcept {
        // Orders:     this exchange before what the new holder does.
        // Pairs with: the store in unlock() and the fetch_sub in unlock_shared().
        // Otherwise:  new holder: loads field early | old holder: stores field; lets go.
        // Proved by:  tests/explore/lock_orders_test.cpp
        return state_.compare_exchange(seen, wanted, order::acquire);
    }

    [[nodiscard]] bool take_alone(word seen, word wanted) noexcept {
        if (!take(seen, wanted)) return false;
        // Orders:     the bit `writer` before the writer's stores. (No instruction on x86.)
        // Pairs with: the fence in changed().
        // Otherwise:  writer: takes the lock; stores field | reader: loads the new field, then the
        //             word as it was before, twice.
        // Proved by:  tests/explore/lock_orders_test.cpp
        Atomics::fence(order::release);
        return true;
    }

    // Written and read by anyone; the sequence is written by who holds the lock exclusively.
    typename Atomics::template atomic<word> state_{};
};

using seq_rw_spin = basic_seq_rw_spin<atomics::builtin>;

static_assert(shared_lock<seq_rw_spin> && optimistic_lock<seq_rw_spin>);
static_assert(sizeof(seq_rw_spin) == 8);

}  // namespace locks

}  // namespace rmap::inline RMAP_ABI
