// SPDX-License-Identifier: BSL-1.0
#pragma once

// What an enumeration of flags must be, and what each flag may be used for. The enumerators are
// numbers of bits, `count` comes last, and a flag named `locked` is the lock of its word:
//
//     enum class pg : unsigned { locked, lru, mlocked, count };
//
// A flag that takes part in a handshake can be reserved for it: then no plain set or clear
// compiles.
//
//     template <>
//     inline constexpr bool rmap::flags::in_handshake<pg::lru> = true;

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::flags {

/// A scoped enumeration, so that a flag is not a number by accident.
template <class F>
concept scoped_enum = std::is_enum_v<F> && !std::is_convertible_v<F, std::underlying_type_t<F>>;

/// Its enumerators are numbers of bits from 0 on: no sign.
template <class F>
concept unsigned_enum = scoped_enum<F> && std::is_unsigned_v<std::underlying_type_t<F>>;

/// Says how many there are.
template <class F>
concept counted_enum = unsigned_enum<F> && requires {
    { F::count } -> std::convertible_to<F>;
};

/// The number of flags; 0 of what is no enumeration of flags.
template <class F>
[[nodiscard]] consteval unsigned long long flag_count() noexcept {
    if constexpr (counted_enum<F>) {
        return static_cast<unsigned long long>(F::count);
    } else {
        return 0;
    }
}

/// An enumeration of flags that fit into the word.
template <class F, class Word>
concept flag_enum = counted_enum<F> && std::unsigned_integral<Word> &&(flag_count<F>() > 0) &&
                    (flag_count<F>() <= static_cast<unsigned>(std::numeric_limits<Word>::digits));

/// Has a flag that is the lock of its word.
template <class F>
concept has_lock_flag = counted_enum<F> && requires {
    { F::locked } -> std::convertible_to<F>;
};

/// Names what an enumeration lacks. `static_assert(flag_diagnosis<F, Word>::passed)` is the door
/// check.
template <class F, class Word>
struct flag_diagnosis {
    static_assert(scoped_enum<F>,
                  "rmap: flags are an `enum class`, whose enumerators are the "
                  "numbers of bits. A common mistake is an enum of masks.");
    static_assert(!scoped_enum<F> || unsigned_enum<F>,
                  "rmap: flags are numbers of bits: the enum needs an unsigned underlying type, as "
                  "in `enum class pg : unsigned`.");
    static_assert(!unsigned_enum<F> || counted_enum<F>,
                  "rmap: flags need a last enumerator `count`, which says how many there are.");
    static_assert(!counted_enum<F> || flag_enum<F, Word>,
                  "rmap: flags must fit into their word: at least one, at most its bits. A common "
                  "mistake is an enum of masks instead of numbers of bits.");

    static constexpr bool passed = flag_enum<F, Word>;
};

/// True for flags that only a handshake may set and clear (handshake.hpp). To be specialised.
template <auto Flag>
inline constexpr bool in_handshake = false;

namespace detail {

template <auto Flag>
inline constexpr bool is_lock_flag = false;
template <auto Flag>
    requires has_lock_flag<decltype(Flag)>
inline constexpr bool is_lock_flag<Flag> = Flag == decltype(Flag)::locked;

/// The flag's bit.
template <class Word, auto Flag>
    requires flag_enum<decltype(Flag), Word>
[[nodiscard]] consteval Word bit() noexcept {
    static_assert(Flag < decltype(Flag)::count,
                  "rmap: no such flag: `count` is how many there are");
    return static_cast<Word>(Word{1} << static_cast<unsigned>(Flag));
}

}  // namespace detail

}  // namespace rmap::inline RMAP_ABI::flags
