// SPDX-License-Identifier: BSL-1.0
#pragma once

// A word of named flags that threads share. Each access names the flag and the order:
//
//     page_flags<pg> flags;
//     flags.set<pg::dirty, order::relaxed>();
//     if (flags.test_and_clear<pg::dirty, order::acquire>()) ...
//
// Every write is one read-modify-write of the whole word, so writers of different flags never lose
// each other's. A plain store would; that is for the page's sole owner (unpublished_flags.hpp). If
// the enumeration has a flag `locked`, the word is also a lock: write_guard takes it. Two flags,
// two parties, and who sees whom: handshake.hpp. Includes nothing of the reverse map.

#include <concepts>
#include <cstdint>
#include <utility>

#include <rmap/core/atomics.hpp>
#include <rmap/core/check.hpp>
#include <rmap/core/config.hpp>
#include <rmap/flags/flag_enum.hpp>
#include <rmap/flags/unpublished_flags.hpp>
#include <rmap/locks/concept.hpp>

namespace rmap::inline RMAP_ABI::flags {

namespace detail {

/// How a handshake reaches the flags that are reserved for it.
struct handshake_access;

constexpr bool may_load(order o) noexcept {
    return o == order::relaxed || o == order::acquire || o == order::seq_cst;
}

}  // namespace detail

/// Flag: an enumeration (flag_enum.hpp). Atomics: a family. Word: the size of every access. Check:
/// told of an unlock by somebody who does not hold the lock.
template <class Flag, atomics_family Atomics = rmap::atomics::builtin,
          std::unsigned_integral Word = std::uint32_t, check_hook Check = checks::panic>
class page_flags {
    static_assert(flag_diagnosis<Flag, Word>::passed);

public:
    using flag_type = Flag;
    using word_type = Word;
    using atomics_type = Atomics;
    using check = Check;
    using unpublished = unpublished_flags<Flag, Word>;

    constexpr page_flags() noexcept = default;
    /// The flags of a page that is published next, by whatever makes it known to others.
    constexpr explicit page_flags(unpublished&& from) noexcept : word_{from.take()} {}
    page_flags(const page_flags&) = delete;
    page_flags& operator=(const page_flags&) = delete;

    // ---- one flag, by anyone

    template <Flag F, order O>
    void set() noexcept {
        allowed<F>();
        word_.fetch_or(mask<F>(), O);
    }
    template <Flag F, order O>
    void clear() noexcept {
        allowed<F>();
        word_.fetch_and(others<F>(), O);
    }
    /// Whether it was set before; it is now.
    template <Flag F, order O>
    bool test_and_set() noexcept {
        allowed<F>();
        return (word_.fetch_or(mask<F>(), O) & mask<F>()) != 0;
    }
    /// Whether it was set before; it is not now.
    template <Flag F, order O>
    bool test_and_clear() noexcept {
        allowed<F>();
        return (word_.fetch_and(others<F>(), O) & mask<F>()) != 0;
    }
    /// Whether it is set. Access is the size in which memory is read, and there is one only: a flag
    /// that is written in words and read in bytes is outside of the C++ memory model, and so of
    /// one_word's guarantee.
    template <Flag F, order O, class Access = Word>
    [[nodiscard]] bool test() const noexcept {
        static_assert(std::same_as<Access, Word>,
                      "rmap: a flag is read in the size of its word. A byte test of a word's bit "
                      "is a mixed-size access, which the C++ memory model does not have.");
        static_assert(detail::may_load(O), "rmap: test reads: relaxed, acquire or seq_cst");
        return (word_.load(O) & mask<F>()) != 0;
    }
    /// All flags at one time: for printing, and for tests of several.
    template <order O>
    [[nodiscard]] Word load() const noexcept {
        static_assert(detail::may_load(O), "rmap: load reads: relaxed, acquire or seq_cst");
        return word_.load(O);
    }
    /// The flag's bit in what load() returns.
    template <Flag F>
    [[nodiscard]] static consteval Word mask() noexcept {
        return detail::bit<Word, F>();
    }

    // ---- all flags, by the page's sole owner

    /// The caller is alone with the page: it is fresh, or nobody is left who has it.
    void publish(unpublished&& from) noexcept {
        // Orders:     nothing: what makes the page known to others, or keeps them away, does.
        // Pairs with: nothing.
        // Otherwise:  a caller that is not alone loses flags that others set meanwhile, by any
        //             order: T1 reads the word | T2 sets a flag | T1 stores the word.
        // Proved by:  tests/explore/flags_owner_test.cpp
        word_.store(from.take(), order::relaxed);
    }
    /// The caller is alone again (the last reference is gone): no flag is set after this.
    [[nodiscard]] unpublished withdraw() noexcept {
        // Orders:     nothing: what told the caller that it is alone does.
        // Pairs with: nothing.
        // Otherwise:  as in publish().
        // Proved by:  tests/explore/flags_owner_test.cpp
        const Word bits = word_.load(order::relaxed);
        word_.store(0, order::relaxed);
        return unpublished{bits};
    }

    // ---- the lock in the word: an exclusive_lock, for write_guard

    void lock() noexcept requires has_lock_flag<Flag> {
        // Waiting reads without writing, so that the line stays shared until the lock is free.
        while (!take()) {
            while (is_held()) {
                Atomics::pause();
            }
        }
    }
    [[nodiscard]] bool try_lock() noexcept requires has_lock_flag<Flag> {
        return !is_held() && take();
    }
    void unlock() noexcept requires has_lock_flag<Flag> {
        // Orders:     what the holder did before this.
        // Pairs with: the read-modify-write in take().
        // Otherwise:  holder: store field; unlock | next: lock; loads the old field.
        // Proved by:  tests/explore/flags_orders_test.cpp
        //
        // A store of the word without the bit would lose what others set meanwhile.
        [[maybe_unused]] const Word before =
            word_.fetch_and(others<Flag::locked>(), order::release);
        RMAP_CHECK_HELD(page_flags, (before & mask<Flag::locked>()) != 0, flag_lock_not_held,
                        "a page's lock flag is cleared, but was not set");
    }
    /// Whether somebody holds the lock: true while the caller does. For checks and for waiting.
    [[nodiscard]] bool is_held() const noexcept requires has_lock_flag<Flag> {
        // Orders:     nothing: the answer is a hint.
        // Pairs with: nothing; who then takes the lock does so in take().
        // Otherwise:  a stale answer costs one more turn of the loop, or one failed try_lock().
        // Proved by:  tests/explore/flags_orders_test.cpp
        return (word_.load(order::relaxed) & mask<Flag::locked>()) != 0;
    }

private:
    friend struct detail::handshake_access;

    template <Flag F>
    [[nodiscard]] static consteval Word others() noexcept {
        return static_cast<Word>(~mask<F>());
    }

    template <Flag F>
    static consteval void allowed() noexcept {
        static_assert(!detail::is_lock_flag<F>,
                      "rmap: the flag `locked` is the word's lock: take it by a guard.");
        static_assert(!in_handshake<F>,
                      "rmap: this flag is reserved for a handshake, which sets and clears it and "
                      "looks at its partner in the order that works: see flags/handshake.hpp.");
    }

    [[nodiscard]] bool take() noexcept requires has_lock_flag<Flag> {
        // Orders:     this before what the new holder does.
        // Pairs with: the read-modify-write in unlock().
        // Otherwise:  new holder: loads field early | old holder: store field; unlock.
        // Proved by:  tests/explore/flags_orders_test.cpp
        return (word_.fetch_or(mask<Flag::locked>(), order::acquire) & mask<Flag::locked>()) == 0;
    }

    // Read by anyone, written by anyone with a read-modify-write; EITHER that, OR stored by the one
    // thread that has the page.
    typename Atomics::template atomic<Word> word_{};
};

}  // namespace rmap::inline RMAP_ABI::flags
