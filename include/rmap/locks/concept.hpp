// SPDX-License-Identifier: BSL-1.0
#pragma once

// The lock axis: what a type must have to be the lock of a map. Two families are taken: std-style
// locks (lock() returns void, try_lock() bool) and token locks (`auto t = l.lock(); l.unlock(t);`,
// see locks/token.hpp). locks/none.hpp is the shortest model.
//
// lock() and its peers are noexcept: an operation that holds a lock has no way to fail. A lock that
// throws goes through hosted::adapt.

#include <concepts>
#include <type_traits>

#include <rmap/core/config.hpp>
#include <rmap/locks/token.hpp>

namespace rmap::inline RMAP_ABI {

namespace detail {

/// What a lock function returns as the token: nothing, or a value that a guard can keep.
template <class T>
concept void_or_token = std::is_void_v<T> || lock_token<T>;

/// What a try function of a lock with this token returns.
template <class Result, class Token>
concept try_answer = (std::is_void_v<Token> && std::same_as<Result, bool>) ||
                     (lock_token<Token> && requires(Result & result) {
                         // Whether the lock was taken.
                         { static_cast<bool>(result) } noexcept;
                         // The token, if it was.
                         { *result } noexcept -> std::convertible_to<Token>;
                     });

}  // namespace detail

/// Is made without arguments: anon_vmas come from raw memory and make their own locks.
template <class L>
concept can_default_construct =
    std::is_nothrow_default_constructible_v<L> && std::is_nothrow_destructible_v<L>;

/// Waits until the caller alone holds the lock.
template <class L>
concept can_lock = requires(L& l) {
    { l.lock() } noexcept -> detail::void_or_token;
};

/// Lets go; a token lock gets its token back.
template <class L>
concept can_unlock = can_lock<L> &&(
    requires(L& l) {
        requires std::is_void_v<decltype(l.lock())>;
        { l.unlock() } noexcept;
    } ||
    requires(L & l, decltype(l.lock()) token) {
        { l.unlock(token) } noexcept;
    });

/// Takes the lock only where it need not wait; may fail for no reason.
template <class L>
concept can_try_lock = can_lock<L> && requires(L& l) {
    { l.try_lock() } noexcept -> detail::try_answer<decltype(l.lock())>;
};

/// Waits until the caller holds the lock, perhaps with others that hold it shared.
template <class L>
concept can_lock_shared = requires(L& l) {
    { l.lock_shared() } noexcept -> detail::void_or_token;
};

/// Lets go of a shared lock.
template <class L>
concept can_unlock_shared = can_lock_shared<L> &&(
    requires(L& l) {
        requires std::is_void_v<decltype(l.lock_shared())>;
        { l.unlock_shared() } noexcept;
    } ||
    requires(L & l, decltype(l.lock_shared()) token) {
        { l.unlock_shared(token) } noexcept;
    });

/// Takes a shared lock only where it need not wait.
template <class L>
concept can_try_lock_shared = can_lock_shared<L> && requires(L& l) {
    { l.try_lock_shared() } noexcept -> detail::try_answer<decltype(l.lock_shared())>;
};

/// A lock of one holder; every lock policy is one.
template <class L>
concept exclusive_lock =
    can_default_construct<L> && can_lock<L> && can_unlock<L> && can_try_lock<L>;

/// A lock that many readers can hold together.
template <class L>
concept shared_lock =
    exclusive_lock<L> && can_lock_shared<L> && can_unlock_shared<L> && can_try_lock_shared<L>;

/// A lock that tells who looks without taking it whether a writer was there meanwhile:
///
///     const auto seen = l.begin_read(); ...; if (!l.changed(seen)) what was read is of one moment
template <class L>
concept optimistic_lock = exclusive_lock<L> && requires(const L& l, typename L::sequence seen) {
    // Begins a look; does not wait.
    { l.begin_read() } noexcept -> std::same_as<typename L::sequence>;
    // Whether a writer held the lock when the look began: it is in vain.
    { L::is_held(seen) } noexcept -> std::same_as<bool>;
    // Whether a writer held the lock at any time since.
    { l.changed(seen) } noexcept -> std::same_as<bool>;
};

/// Names the part that a lock lacks. `static_assert(lock_diagnosis<L>::passed)` is the door check:
/// its first error line is one of these, not a list of unsatisfied constraints.
template <class L>
struct lock_diagnosis {
    static_assert(can_default_construct<L>,
                  "rmap: lock must be default constructible and destructible without throwing. A "
                  "common mistake is a constructor that is not noexcept.");
    static_assert(can_lock<L>,
                  "rmap: lock must have lock() noexcept, which returns void or a token. A common "
                  "mistake is a std lock, which may throw: use rmap::hosted::adapt.");
    static_assert(!can_lock<L> || can_unlock<L>,
                  "rmap: lock must have unlock() noexcept, which takes the token if lock() returns "
                  "one. A common mistake is to forget the token.");
    static_assert(
        !can_lock<L> || can_try_lock<L>,
        "rmap: lock must have try_lock() noexcept, which returns bool, or what converts to "
        "bool and yields the token by operator*, if lock() returns one.");
    static_assert(
        !can_lock_shared<L> || (can_unlock_shared<L> && can_try_lock_shared<L>),
        "rmap: lock must have unlock_shared() and try_lock_shared() noexcept, since it has "
        "lock_shared().");

    static constexpr bool passed = exclusive_lock<L>;
};

}  // namespace rmap::inline RMAP_ABI
