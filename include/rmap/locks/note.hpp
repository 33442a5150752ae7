// SPDX-License-Identifier: BSL-1.0
#pragma once

// What a guard can tell a lock beyond "lock": the place in the source, and that several locks of
// one kind are taken together on purpose. A lock that wants to know has lock(const lock_note&) and
// the like beside, or instead of, the plain forms (verify/lockdep.hpp). For every other lock a note
// is empty, and nothing is passed.
//
//   write_guard second{other.lock, nested{1}};        a second lock of its kind, after the first
//   write_guard many{other.lock, nested_in{outer}};   any number of them, while `outer` is held

#include <type_traits>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

/// Several locks of one kind, in an order that the code keeps to: 0 (where nothing is said) before
/// 1, and so on up to 7.
struct nested {
    unsigned subclass;
};

/// Several locks of one kind, in any order, by the one who holds `outer` exclusively.
struct nested_in {
    template <class Lock>
    explicit constexpr nested_in(const Lock& held) noexcept : outer{&held} {}
    const void* outer;
};

/// Where and how a lock is taken.
struct lock_note {
    const char* file = "";
    unsigned line = 0;
    const char* function = "";
    unsigned subclass = 0;
    const void* outer = nullptr;

    /// As a default argument: the place of the call.
    [[nodiscard]] static constexpr lock_note here(
        const char* file = __builtin_FILE(), unsigned line = __builtin_LINE(),
        const char* function = __builtin_FUNCTION()) noexcept {
        return {file, line, function, 0, nullptr};
    }
    [[nodiscard]] constexpr lock_note with(nested how) const noexcept {
        return {file, line, function, how.subclass, outer};
    }
    [[nodiscard]] constexpr lock_note with(nested_in how) const noexcept {
        return {file, line, function, subclass, how.outer};
    }
};

/// In the place of a note, for locks that take none.
struct no_note {
    [[nodiscard]] static constexpr no_note here() noexcept { return {}; }
    template <class How>
    [[nodiscard]] constexpr no_note with(How) const noexcept {
        return {};
    }
};

/// A lock that is to be told.
template <class L>
concept takes_notes = requires(L& l, const lock_note& note) {
    l.lock(note);
};

/// A function that takes a lock for its caller has a last parameter `note_for<Lock> note =
/// note_for<Lock>::here()`, and hands it on: then the place is the caller's.
template <class Lock>
using note_for = std::conditional_t<takes_notes<Lock>, lock_note, no_note>;

}  // namespace rmap::inline RMAP_ABI
