// SPDX-License-Identifier: BSL-1.0
#pragma once

// What a token lock hands out: some locks return a value from lock() that unlock() wants back, such
// as the interrupt flags that were saved. The guards keep it; nobody else needs to know.

#include <concepts>
#include <type_traits>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

namespace locks {

/// What try_lock() of a token lock returns: the token, or nothing. Any type with a contextual bool
/// and operator* will do; this one saves writing it.
template <class Token>
class try_result {
public:
    constexpr try_result() noexcept = default;
    constexpr try_result(Token token) noexcept : token_{token}, owned_{true} {}

    [[nodiscard]] constexpr explicit operator bool() const noexcept { return owned_; }

    /// The token; MUST be asked only where the lock was taken.
    [[nodiscard]] constexpr Token operator*() const noexcept { return token_; }

private:
    Token token_{};
    bool owned_ = false;
};

/// Stands for the token of a lock that has none.
struct no_token {};

}  // namespace locks

/// A token: a small value that a guard can hold before there is one, and that moves with the guard.
template <class T>
concept lock_token =
    std::is_nothrow_default_constructible_v<T> && std::is_nothrow_copy_constructible_v<T> &&
    std::is_nothrow_copy_assignable_v<T> && std::is_nothrow_destructible_v<T>;

static_assert(lock_token<locks::no_token> && lock_token<unsigned long>);

}  // namespace rmap::inline RMAP_ABI
