// SPDX-License-Identifier: BSL-1.0
#pragma once

// Asking a lock whether it is held, for the checks of debug level 2 (RMAP_CHECK_HELD). A lock
// answers if it can: is_held() and is_held_shared() return bool; assert_held() and
// assert_held_shared() report by themselves. A lock that has none of them is believed.

#include <concepts>

#include <rmap/core/config.hpp>
#include <rmap/locks/concept.hpp>

namespace rmap::inline RMAP_ABI {

/// Says whether it is held.
template <class L>
concept tells_held = requires(const L& l) {
    { l.is_held() } noexcept -> std::same_as<bool>;
};
template <class L>
concept tells_held_shared = requires(const L& l) {
    { l.is_held_shared() } noexcept -> std::same_as<bool>;
};

/// Reports by itself where it is not held, and does not return then.
template <class L>
concept asserts_held = requires(const L& l) {
    { l.assert_held() } noexcept;
};
template <class L>
concept asserts_held_shared = requires(const L& l) {
    { l.assert_held_shared() } noexcept;
};

/// False only if the caller surely does not hold the lock exclusively.
template <exclusive_lock Lock>
[[nodiscard]] bool may_hold(const Lock& lock) noexcept {
    if constexpr (tells_held<Lock>) {
        return lock.is_held();
    } else if constexpr (asserts_held<Lock>) {
        lock.assert_held();
    }
    return true;
}

/// False only if the caller surely holds the lock neither shared nor exclusively.
template <exclusive_lock Lock>
[[nodiscard]] bool may_hold_shared(const Lock& lock) noexcept {
    if constexpr (!shared_lock<Lock>) {
        return may_hold(lock);
    } else if constexpr (tells_held_shared<Lock>) {
        return lock.is_held_shared();
    } else if constexpr (asserts_held_shared<Lock>) {
        lock.assert_held_shared();
    }
    return true;
}

}  // namespace rmap::inline RMAP_ABI
