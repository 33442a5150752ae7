// SPDX-License-Identifier: BSL-1.0
#pragma once

// Text for checks and dumps: pieces put together, and handed to a sink.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// Where text goes: called with characters and their number, any number of times, in order.
template <class S>
concept text_sink = std::invocable<S&, const char*, std::size_t>;

/// A number to be written in hexadecimal, as traces write page numbers.
struct hex {
    std::uint64_t value;
};

inline void append(std::string& to, std::string_view piece) {
    to += piece;
}
inline void append(std::string& to, const char* piece) {
    to += piece;
}
inline void append(std::string& to, char piece) {
    to += piece;
}
inline void append(std::string& to, std::integral auto number) {
    to += std::to_string(number);
}
inline void append(std::string& to, hex number) {
    char digits[16];
    std::size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[number.value & 15];
        number.value >>= 4;
    } while (number.value != 0);
    to.append(digits + at, sizeof digits - at);
}

/// All pieces, one behind the other.
template <class... Piece>
[[nodiscard]] std::string text(const Piece&... pieces) {
    std::string all;
    (append(all, pieces), ...);
    return all;
}

/// Hands pieces to a sink.
template <text_sink Sink, class... Piece>
void put(Sink& sink, const Piece&... pieces) {
    const std::string all = text(pieces...);
    sink(all.data(), all.size());
}

}  // namespace rmap::inline RMAP_ABI::verify
