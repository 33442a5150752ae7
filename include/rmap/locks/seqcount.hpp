// SPDX-License-Identifier: BSL-1.0
#pragma once

// A sequence counter: a reader learns whether a writer was at work while it read. Not a lock:
// writers exclude each other by a lock of theirs, and what readers look at MUST be atomic, or be
// kept still otherwise. A reader that follows a pointer meanwhile needs another reason why it may.
//
//     for (;;) { auto seen = count.begin_read(); ...; if (!count.changed(seen)) break; }
//
// Source: Linux's seqlocks; the orders are those of Boehm, MSPC 2012, section 4.

#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

namespace locks {

template <atomics_family Atomics>
class basic_seqcount {
public:
    using value = std::uint32_t;

    constexpr basic_seqcount() noexcept = default;
    basic_seqcount(const basic_seqcount&) = delete;
    basic_seqcount& operator=(const basic_seqcount&) = delete;

    /// The caller holds the writers' lock, until after end_write().
    void begin_write() noexcept {
        count_.store(count_.load(order::relaxed) + 1, order::relaxed);
        // Orders:     the odd count before the writer's stores.
        // Pairs with: the fence in changed().
        // Otherwise:  writer: stores field; count := odd | reader: loads the new field, then still
        //             the old count, twice.
        // Proved by:  tests/unit/locks/explored_test.cpp
        Atomics::fence(order::release);
    }

    void end_write() noexcept {
        // Orders:     the writer's stores before the even count.
        // Pairs with: the load in begin_read().
        // Otherwise:  writer: count := even; stores field | reader: sees the even count, and the
        //             old field beside new ones.
        // Proved by:  tests/unit/locks/explored_test.cpp
        count_.store(count_.load(order::relaxed) + 1, order::release);
    }

    /// Odd: a writer is at work, and what is read now is worth nothing.
    [[nodiscard]] value begin_read() const noexcept {
        // Orders:     this load before the reader's loads.
        // Pairs with: the store in end_write().
        // Otherwise:  as there.
        // Proved by:  tests/unit/locks/explored_test.cpp
        return count_.load(order::acquire);
    }

    /// Whether what was read since begin_read() may be a mixture.
    [[nodiscard]] bool changed(value seen) const noexcept {
        // Orders:     the reader's loads before the second look at the count.
        // Pairs with: the fence in begin_write().
        // Otherwise:  as there.
        // Proved by:  tests/unit/locks/explored_test.cpp
        Atomics::fence(order::acquire);
        return (seen & 1U) != 0 || count_.load(order::relaxed) != seen;
    }

private:
    // Read by anyone, written under the writers' lock; odd while a writer is at work.
    typename Atomics::template atomic<value> count_{};
};

using seqcount = basic_seqcount<atomics::builtin>;

static_assert(sizeof(seqcount) == 4);

}  // namespace locks

}  // namespace rmap::inline RMAP_ABI
