// SPDX-License-Identifier: BSL-1.0
#pragma once

// The handshake under one lock, that of the LRU's lists: both parties write and look while they
// hold it, and go on holding it until they let go of what they get. The flags may be in one word or
// two; no order matters but the lock's. For parties that take that lock anyway.
//
// One party alone does not help: an unlocked look before the lock is taken is split_word without
// its fences.

#include <concepts>
#include <utility>

#include <rmap/core/atomics.hpp>
#include <rmap/core/check.hpp>
#include <rmap/core/config.hpp>
#include <rmap/flags/page_flags.hpp>
#include <rmap/flags/parties.hpp>
#include <rmap/locks/concept.hpp>
#include <rmap/locks/guard.hpp>

namespace rmap::inline RMAP_ABI::flags {

/// M is a flag of MlockedWord, L one of LruWord, which may be the same type and the same word.
/// Lock: what both parties take. PageLock: as for one_word.
template <class MlockedWord, auto M, class LruWord, auto L, exclusive_lock Lock,
          class PageLock = typename detail::page_lock_of<MlockedWord>::type>
class locked {
    static_assert(detail::place_diagnosis<MlockedWord, M>::passed);
    static_assert(detail::place_diagnosis<LruWord, L>::passed);

public:
    using mlocked_word = MlockedWord;
    using lru_word = LruWord;
    static constexpr auto mlocked = M;
    static constexpr auto lru = L;
    using lock_type = Lock;
    using page_lock = PageLock;

    /// Where a page's flags are, and the lock that both parties take: the same for one page always.
    struct place {
        constexpr place(MlockedWord& m, LruWord& l, Lock& both) noexcept
            : with_mlocked{m}, with_lru{l}, lock{both} {}
        MlockedWord& with_mlocked;
        LruWord& with_lru;
        Lock& lock;
    };
    using cleared = mlock_cleared<locked>;
    using listed = lru_set<locked>;

    /// Takes the lock and clears M. What the caller gets holds the lock as long as it lives.
    template <order Handing = order::relaxed>
    [[nodiscard]] static cleared munlock(place at) noexcept {
        return munlock<Handing>(at, held{at.lock});
    }
    /// The same for who holds the place's lock already, and hands the guard over, which MUST own
    /// that lock.
    template <order Handing = order::relaxed>
    [[nodiscard]] static cleared munlock(place at, write_guard<Lock>&& own) noexcept {
        is_of(own, at);
        // Orders:     nothing: the lock does.
        // Pairs with: putback(), by the lock.
        // Otherwise:  without the lock: munlock: M := 0; sees L = 0 | putback: L := 1; sees M = 1.
        // Proved by:  tests/explore/flags_forms_test.cpp
        const bool was = access::template test_and_clear<M, Handing>(at.with_mlocked);
        return {at.with_lru, was, std::move(own)};
    }

    /// Takes the lock and sets L. What the caller gets holds the lock as long as it lives.
    template <order Handing = order::relaxed>
    [[nodiscard]] static listed putback(place at) noexcept {
        return putback<Handing>(at, held{at.lock});
    }
    template <order Handing = order::relaxed>
    [[nodiscard]] static listed putback(place at, write_guard<Lock>&& own) noexcept {
        is_of(own, at);
        // Orders, Pairs with, Otherwise, Proved by: munlock().
        const bool was = access::template test_and_set<L, Handing>(at.with_lru);
        return {at.with_mlocked, at.with_lru, was, std::move(own)};
    }

    /// Takes L away, if it is set; takes the lock for that.
    template <order Handing = order::relaxed>
    [[nodiscard]] static bool isolate(place at) noexcept {
        const held guard{at.lock};
        return access::template test_and_clear<L, Handing>(at.with_lru);
    }

    /// Sets M; true if it was set before. Shows the page lock: see one_word.
    template <class Held>
    static bool mlock(place at, const Held& shown) noexcept {
        access::page_lock_held<PageLock>(shown, at.with_mlocked);
        // Orders, Pairs with, Otherwise, Proved by: one_word::mlock.
        return access::template test_and_set<M, order::relaxed>(at.with_mlocked);
    }

    /// munlock() for who frees the page next: see one_word.
    template <class Held>
    [[nodiscard]] static cleared munlock_to_free(place at, const Held& shown) noexcept {
        access::page_lock_held<PageLock>(shown, at.with_mlocked);
        return munlock(at);
    }
    template <class Held>
    static cleared munlock_to_free(place, const Held&&) = delete;  // ends before the page is freed

private:
    friend cleared;
    friend listed;
    using access = detail::handshake_access;
    using held = write_guard<Lock>;

    static void is_of([[maybe_unused]] const held& own, [[maybe_unused]] const place& at) noexcept {
        RMAP_CHECK_HELD(MlockedWord, own.owns(at.lock), handshake_lock_not_held,
                        "a party of a handshake is handed a guard that is not of its lock");
    }
};

}  // namespace rmap::inline RMAP_ABI::flags
