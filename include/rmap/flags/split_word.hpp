// SPDX-License-Identifier: BSL-1.0
#pragma once

// The handshake of two flags in two words: a full fence on each side, between the own write and the
// look at the other word. This is store buffering: acquire and release do not help, nor does a
// seq_cst read-modify-write beside a relaxed load, nor a fence on one side only.
//
// Where the family's read-modify-writes are full barriers (kernel_rmw.hpp), they are the fences.

#include <concepts>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/flags/kernel_rmw.hpp>
#include <rmap/flags/page_flags.hpp>
#include <rmap/flags/parties.hpp>

namespace rmap::inline RMAP_ABI::flags {

/// M is a flag of MlockedWord, L one of LruWord, both page_flags of one family of atomics.
/// PageLock: as for one_word; by default that of the word with M.
template <class MlockedWord, auto M, class LruWord, auto L,
          class PageLock = typename detail::page_lock_of<MlockedWord>::type>
class split_word {
    static_assert(detail::place_diagnosis<MlockedWord, M>::passed);
    static_assert(detail::place_diagnosis<LruWord, L>::passed);
    static_assert(std::same_as<typename MlockedWord::atomics_type, typename LruWord::atomics_type>,
                  "rmap: both words of a handshake are of one family of atomics");

public:
    using mlocked_word = MlockedWord;
    using lru_word = LruWord;
    static constexpr auto mlocked = M;
    static constexpr auto lru = L;
    using page_lock = PageLock;

    /// Where a page's flags are.
    struct place {
        constexpr place(MlockedWord& m, LruWord& l) noexcept : with_mlocked{m}, with_lru{l} {}
        MlockedWord& with_mlocked;
        LruWord& with_lru;
    };
    using cleared = mlock_cleared<split_word>;
    using listed = lru_set<split_word>;

    /// Clears M. The caller MUST then look at what it gets. Handing: as for one_word.
    template <order Handing = order::relaxed>
    [[nodiscard]] static cleared munlock(place at) noexcept {
        const bool was = access::template test_and_clear<M, Handing>(at.with_mlocked);
        full_fence();
        return {at.with_lru, was, {}};
    }

    /// Sets L. The caller MUST then look at what it gets. Handing: as for one_word.
    template <order Handing = order::relaxed>
    [[nodiscard]] static listed putback(place at) noexcept {
        const bool was = access::template test_and_set<L, Handing>(at.with_lru);
        full_fence();
        return {at.with_mlocked, at.with_lru, was, {}};
    }

    /// Takes L away, if it is set.
    template <order Handing = order::relaxed>
    [[nodiscard]] static bool isolate(place at) noexcept {
        return access::template test_and_clear<L, Handing>(at.with_lru);
    }

    /// Sets M; true if it was set before. Shows the page lock: see one_word.
    template <class Held>
    static bool mlock(place at, const Held& held) noexcept {
        access::page_lock_held<PageLock>(held, at.with_mlocked);
        // Orders, Pairs with, Otherwise, Proved by: one_word::mlock.
        return access::template test_and_set<M, order::relaxed>(at.with_mlocked);
    }

    /// munlock() for who frees the page next: see one_word.
    template <class Held>
    [[nodiscard]] static cleared munlock_to_free(place at, const Held& held) noexcept {
        access::page_lock_held<PageLock>(held, at.with_mlocked);
        return munlock(at);
    }
    template <class Held>
    static cleared munlock_to_free(place, const Held&&) = delete;  // ends before the page is freed

private:
    friend cleared;
    friend listed;
    using access = detail::handshake_access;
    using held = detail::nothing;
    using atomics = typename MlockedWord::atomics_type;

    static void full_fence() noexcept {
        if constexpr (!kernel_rmw<atomics>) {
            // Orders:     the own flag's write before the look at the other's word.
            // Pairs with: the same fence in the other party.
            // Otherwise:  munlock: M := 0 (in the store buffer); sees L = 0
            //           | putback: L := 1 (in the store buffer); sees M = 1: nobody moves the page.
            // Proved by:  tests/explore/flags_orders_test.cpp
            atomics::fence(order::seq_cst);
        }
    }
};

}  // namespace rmap::inline RMAP_ABI::flags
