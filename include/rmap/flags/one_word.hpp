// SPDX-License-Identifier: BSL-1.0
#pragma once

// The handshake of two flags of one word: no fence. Both writers are read-modify-writes of one
// object, and those stand in one order, whatever the memory order. Is the isolator's first, then
// the munlocker's own write comes after it, and no later load of the munlocker goes behind that: it
// sees L. Otherwise the isolator sees M cleared, for the same reason. That is coherence, which C++
// and every processor keep for accesses of one size.
//
// Not for flags that somebody stores without a read-modify-write, or reads in another size.
// Source: the end of Johannes Weiner's mail of 2 October 2009; commit 6a7b95481d49 (Linux).

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/flags/page_flags.hpp>
#include <rmap/flags/parties.hpp>

namespace rmap::inline RMAP_ABI::flags {

/// M and L are flags of Word, a page_flags. PageLock: the guard that explicit mlock and who frees
/// the page hold; that of the word's own lock, if it has one.
template <class Word, auto M, auto L, class PageLock = typename detail::page_lock_of<Word>::type>
class one_word {
    static_assert(detail::place_diagnosis<Word, M>::passed);
    static_assert(detail::place_diagnosis<Word, L>::passed);
    static_assert(M != L, "rmap: a handshake is between two flags");

public:
    using mlocked_word = Word;
    using lru_word = Word;
    static constexpr auto mlocked = M;
    static constexpr auto lru = L;
    using page_lock = PageLock;

    /// Where a page's flags are.
    struct place {
        constexpr place(Word& w) noexcept : word{w} {}
        Word& word;
    };
    using cleared = mlock_cleared<one_word>;
    using listed = lru_set<one_word>;

    /// Clears M. The caller MUST then look at what it gets. Handing: release, where the cleared M
    /// itself hands the page to an isolator that asks still_mlocked<order::acquire>.
    template <order Handing = order::relaxed>
    [[nodiscard]] static cleared munlock(place at) noexcept {
        // Orders:     this write before the same thread's look at L: one object, so no fence.
        // Pairs with: the write in putback().
        // Otherwise:  with two objects: munlock: M := 0 (not seen yet); sees L = 0
        //                             | putback: L := 1 (not seen yet); sees M = 1.
        // Proved by:  tests/explore/flags_forms_test.cpp
        return {at.word, access::template test_and_clear<M, Handing>(at.word), {}};
    }

    /// Sets L. The caller MUST then look at what it gets. Handing: release, where L itself hands
    /// the page to who isolates it.
    template <order Handing = order::relaxed>
    [[nodiscard]] static listed putback(place at) noexcept {
        // Orders, Pairs with, Otherwise, Proved by: munlock().
        return {at.word, at.word, access::template test_and_set<L, Handing>(at.word), {}};
    }

    /// Takes L away, if it is set: who wants the page for another reason, such as reclaim.
    template <order Handing = order::relaxed>
    [[nodiscard]] static bool isolate(place at) noexcept {
        return access::template test_and_clear<L, Handing>(at.word);
    }

    /// Sets M; true if it was set before. The third actor: between a clear and the free of the page
    /// no barrier keeps it out, so it shows the page lock, and so does munlock_to_free. The caller
    /// MUST have found, holding that lock, that the page is still mapped.
    template <class Held>
    static bool mlock(place at, const Held& held) noexcept {
        access::page_lock_held<PageLock>(held, at.word);
        // Orders:     nothing: the page lock excludes the free.
        // Pairs with: munlock_to_free, by that lock.
        // Otherwise:  free: M := 0; frees | mlock: M := 1, of a page that is gone.
        // Proved by:  tests/explore/flags_owner_test.cpp
        return access::template test_and_set<M, order::relaxed>(at.word);
    }

    /// munlock() for who frees the page next, which MUST hold the guard until it is freed: M stays
    /// clear, as nobody else sets it meanwhile. MUST look at what it gets, as well.
    template <class Held>
    [[nodiscard]] static cleared munlock_to_free(place at, const Held& held) noexcept {
        access::page_lock_held<PageLock>(held, at.word);
        return munlock(at);
    }
    template <class Held>
    static cleared munlock_to_free(place, const Held&&) = delete;  // ends before the page is freed

private:
    friend cleared;
    friend listed;
    using access = detail::handshake_access;
    using held = detail::nothing;
};

}  // namespace rmap::inline RMAP_ABI::flags
