// SPDX-License-Identifier: BSL-1.0
#pragma once

// Two flags, two parties, and nobody waits. A page is mlocked (M) or not, and on a list (L) or not.
// The munlocker clears M and then looks whether the page is listed, to move it; the isolator lists
// it, sets L, and then looks whether it is still mlocked, to move it. Not both miss:
//
//     not (munlock(page).on_lru() == false  AND  putback(page).still_mlocked() == true)
//
// if M was set, L was clear, and nobody else wrote either. In the other order, look first and write
// then, both can miss on any machine; so the look is a member of what the write returns.
//
//   one_word.hpp    both flags in one word: no fence. Take this if you can choose
//   split_word.hpp  two words: a seq_cst fence on each side, or kernel_rmw.hpp
//   locked.hpp      both parties under one lock
//
// docs/flags.md: the contract, which form to take, what is shown of each.

#include <concepts>

#include <rmap/core/config.hpp>
#include <rmap/flags/kernel_rmw.hpp>
#include <rmap/flags/locked.hpp>
#include <rmap/flags/one_word.hpp>
#include <rmap/flags/page_flags.hpp>
#include <rmap/flags/split_word.hpp>

namespace rmap::inline RMAP_ABI::flags {

/// A form of the handshake: for code that works with each.
template <class H>
concept handshake_form = requires(typename H::place at, const typename H::page_lock& held,
                                  typename H::cleared& munlocker, typename H::listed& isolator) {
    // The munlocker: clears M, then looks at L, or takes it.
    { H::munlock(at) } noexcept -> std::same_as<typename H::cleared>;
    { munlocker.was_mlocked() } noexcept -> std::same_as<bool>;
    { munlocker.on_lru() } noexcept -> std::same_as<bool>;
    { munlocker.isolate() } noexcept -> std::same_as<bool>;
    // The isolator: sets L, then looks at M, or takes L back.
    { H::putback(at) } noexcept -> std::same_as<typename H::listed>;
    { isolator.was_on_lru() } noexcept -> std::same_as<bool>;
    { isolator.still_mlocked() } noexcept -> std::same_as<bool>;
    { isolator.isolate() } noexcept -> std::same_as<bool>;
    // Who wants the page for another reason.
    { H::isolate(at) } noexcept -> std::same_as<bool>;
};

/// A form whose third actor can be kept out: it names a page lock.
template <class H>
concept handshake_with_page_lock =
    handshake_form<H> && !std::same_as<typename H::page_lock, no_page_lock> &&
    requires(typename H::place at, const typename H::page_lock& held) {
    // Sets M, and says whether it was set.
    { H::mlock(at, held) } noexcept -> std::same_as<bool>;
    // Clears M for good: the page is freed before the lock is let go.
    { H::munlock_to_free(at, held) } noexcept -> std::same_as<typename H::cleared>;
};

}  // namespace rmap::inline RMAP_ABI::flags
