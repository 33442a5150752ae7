// expect: rmap: this flag is reserved for a handshake
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/handshake.hpp>

enum class pg : unsigned { locked, lru, mlocked, count };
template <>
inline constexpr bool rmap::flags::in_handshake<pg::mlocked> = true;

// The munlocker looks, then clears: wrong on any machine.
bool strand(rmap::flags::page_flags<pg>& w) {
    const bool on_lru = w.test<pg::lru, rmap::order::relaxed>();
    w.clear<pg::mlocked, rmap::order::seq_cst>();
    return on_lru;
}
