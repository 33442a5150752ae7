// SPDX-License-Identifier: BSL-1.0
#pragma once

// A spin lock of one word: test and test-and-set. For short critical sections on threads that are
// not preempted for long; not fair, not recursive. Readers exclude each other, too (rw_spin.hpp).

#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/locks/concept.hpp>

namespace rmap::inline RMAP_ABI {

namespace locks {

template <atomics_family Atomics>
class basic_spin {
public:
    constexpr basic_spin() noexcept = default;
    basic_spin(const basic_spin&) = delete;
    basic_spin& operator=(const basic_spin&) = delete;

    void lock() noexcept {
        // Waiting reads without writing, so that the line stays shared until the lock is free.
        while (!take()) {
            while (is_held()) {
                Atomics::pause();
            }
        }
    }

    [[nodiscard]] bool try_lock() noexcept { return !is_held() && take(); }

    void unlock() noexcept {
        // Orders:     what the holder did before this store.
        // Pairs with: the exchange in take().
        // Otherwise:  holder: store field; state := free | next: state := held; loads the old one.
        // Proved by:  tests/explore/lock_orders_test.cpp
        state_.store(0, order::release);
    }

    /// Whether somebody holds the lock: true while the caller does. For checks and for waiting.
    [[nodiscard]] bool is_held() const noexcept {
        // Orders:     nothing, on purpose: the answer is a hint.
        // Pairs with: nothing; who then takes the lock does so in take().
        // Otherwise:  a stale answer costs one more turn of the loop, or one failed try_lock().
        // Proved by:  tests/explore/lock_orders_test.cpp
        return state_.load(order::relaxed) != 0;
    }

private:
    [[nodiscard]] bool take() noexcept {
        // Orders:     this exchange before what the new holder does.
        // Pairs with: the store in unlock().
        // Otherwise:  new holder: loads field early | old holder: store field; state := free.
        // Proved by:  tests/explore/lock_orders_test.cpp
        return state_.exchange(1, order::acquire) == 0;
    }

    // 1 while held. Written and read by anyone.
    typename Atomics::template atomic<std::uint32_t> state_{};
};

using spin = basic_spin<atomics::builtin>;

static_assert(exclusive_lock<spin> && !shared_lock<spin>);
static_assert(sizeof(spin) == 4);

}  // namespace locks

}  // namespace rmap::inline RMAP_ABI
