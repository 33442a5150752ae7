// SPDX-License-Identifier: BSL-1.0
#pragma once

// A spin lock of one word for many readers or one writer. A writer that waits holds back new
// readers, so readers that overlap without end do not starve it; writers that come without end can
// starve the readers. Not recursive, and that includes readers: one that takes the lock a second
// time waits for a writer that waits for it.

#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/locks/concept.hpp>

namespace rmap::inline RMAP_ABI {

namespace locks {

template <atomics_family Atomics>
class basic_rw_spin {
public:
    constexpr basic_rw_spin() noexcept = default;
    basic_rw_spin(const basic_rw_spin&) = delete;
    basic_rw_spin& operator=(const basic_rw_spin&) = delete;

    void lock() noexcept {
        // As a rule it is free, and the exchange need not wait for a look.
        if (!take(0, writer)) [[unlikely]]
            wait();
    }

    [[nodiscard]] bool try_lock() noexcept {
        word seen = look();
        // With the bit `waiting` set, a writer is about to take the lock: it goes first.
        return seen == 0 && take(seen, writer);
    }

    void unlock() noexcept {
        // Orders:     what the writer did before this.
        // Pairs with: take(), of the next writer or of any reader.
        // Otherwise:  writer: store field; word := 0 | reader: enters; loads the old field.
        // Proved by:  tests/explore/lock_orders_test.cpp
        // No reader is counted while a writer holds the lock, and a bit `waiting` that is lost is
        // set again by who waits, as after take(). So this need not be a read-modify-write.
        state_.store(0, order::release);
    }

    void lock_shared() noexcept {
        for (;;) {
            word seen = look();
            if ((seen & (writer | waiting)) == 0 && take(seen, seen + 1)) {
                return;
            }
            Atomics::pause();
        }
    }

    /// Fails as well where another reader came or went meanwhile.
    [[nodiscard]] bool try_lock_shared() noexcept {
        word seen = look();
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

    /// Whether a writer holds the lock, and whether anyone does: true while the caller does.
    [[nodiscard]] bool is_held() const noexcept { return (look() & writer) != 0; }
    [[nodiscard]] bool is_held_shared() const noexcept { return (look() & ~waiting) != 0; }

private:
    using word = std::uint32_t;
    static constexpr word writer = word{1} << 31;   // a writer holds the lock
    static constexpr word waiting = word{1} << 30;  // a writer wants it; the rest counts readers

    [[gnu::noinline]] void wait() noexcept {
        for (;;) {
            word seen = look();
            if ((seen & ~waiting) == 0) {
                if (take(seen, writer)) {  // clears `waiting`: other waiting writers set it again
                    return;
                }
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

    [[nodiscard]] word look() const noexcept {
        // Orders:     nothing, on purpose: the answer is a hint.
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

    // Written and read by anyone.
    typename Atomics::template atomic<word> state_{};
};

using rw_spin = basic_rw_spin<atomics::builtin>;

static_assert(shared_lock<rw_spin>);
static_assert(sizeof(rw_spin) == 4);

}  // namespace locks

}  // namespace rmap::inline RMAP_ABI
