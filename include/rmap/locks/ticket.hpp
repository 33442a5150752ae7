// SPDX-License-Identifier: BSL-1.0
#pragma once

// A spin lock that is fair: who comes draws a ticket, and enters when it is served. All who wait
// read one word, so every unlock is seen by all of them (mcs.hpp has a word for each). Not
// recursive; a waiter that is preempted holds up all behind it. Readers exclude each other, too.

#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/locks/concept.hpp>

namespace rmap::inline RMAP_ABI {

namespace locks {

template <atomics_family Atomics>
class basic_ticket {
public:
    constexpr basic_ticket() noexcept = default;
    basic_ticket(const basic_ticket&) = delete;
    basic_ticket& operator=(const basic_ticket&) = delete;

    void lock() noexcept {
        // Orders:     nothing: the ticket only says whose turn it is.
        // Pairs with: nothing; the load in serving(), when the turn has come, is what acquires.
        // Otherwise:  two holders cannot draw one ticket, as this is a read-modify-write.
        // Proved by:  tests/unit/locks/explored_test.cpp
        const word mine = next_.fetch_add(1, order::relaxed);
        while (serving() != mine) {
            Atomics::pause();
        }
    }

    /// Does not draw a ticket where it would have to wait.
    [[nodiscard]] bool try_lock() noexcept {
        word mine = serving();
        // Orders:     nothing: serving() has acquired what the last holder did.
        // Pairs with: the other draws. As no ticket is served before it is drawn, one that is still
        //             the next to be drawn and was seen served is served now: nobody is inside.
        // Otherwise:  two holders cannot draw one ticket, as this is a read-modify-write.
        // Proved by:  tests/unit/locks/explored_test.cpp
        return next_.compare_exchange(mine, mine + 1, order::relaxed);
    }

    void unlock() noexcept {
        // Orders:     what the holder did before this store.
        // Pairs with: the load in serving().
        // Otherwise:  holder: store field; serving := next | next: enters; loads the old field.
        // Proved by:  tests/unit/locks/explored_test.cpp
        // Only the holder writes the word, so it knows the value, and a store will do.
        serving_.store(serving_.load(order::relaxed) + 1, order::release);
    }

    /// Whether somebody holds the lock: true while the caller does. For checks.
    [[nodiscard]] bool is_held() const noexcept {
        // Orders:     nothing, on purpose: the answer is a hint.
        // Pairs with: nothing; who then takes the lock does so in lock() or try_lock().
        // Otherwise:  a stale answer; never to the holder, who has seen its own ticket.
        // Proved by:  tests/unit/locks/explored_test.cpp
        return serving_.load(order::relaxed) != next_.load(order::relaxed);
    }

private:
    using word = std::uint32_t;  // wraps around; more than four billion waiters would be too many

    [[nodiscard]] word serving() const noexcept {
        // Orders:     this load before what the new holder does.
        // Pairs with: the store in unlock().
        // Otherwise:  new holder: loads field early | old holder: stores field; serves the next.
        // Proved by:  tests/unit/locks/explored_test.cpp
        return serving_.load(order::acquire);
    }

    // Written and read by anyone.
    typename Atomics::template atomic<word> next_{};
    // Read by anyone, written by the holder.
    typename Atomics::template atomic<word> serving_{};
};

using ticket = basic_ticket<atomics::builtin>;

static_assert(exclusive_lock<ticket> && !shared_lock<ticket>);
static_assert(sizeof(ticket) == 8);

}  // namespace locks

}  // namespace rmap::inline RMAP_ABI
