// SPDX-License-Identifier: BSL-1.0
#pragma once

// The reference mm's small words: protections, kinds of mapping, and what a range may be.

#include <cstdint>

#include <rmap/core/types.hpp>

namespace rmap::inline RMAP_ABI::mm {

enum class prot : std::uint8_t { none = 0, r = 1, w = 2, x = 4 };

[[nodiscard]] constexpr prot operator|(prot a, prot b) noexcept {
    return static_cast<prot>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
[[nodiscard]] constexpr prot operator&(prot a, prot b) noexcept {
    return static_cast<prot>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
[[nodiscard]] constexpr bool has(prot all, prot one) noexcept { return (all & one) == one; }

enum class kind : std::uint8_t {
    anon,          // private anonymous memory
    private_file,  // a file, copied on write
    shared_file,   // a file or shared memory, written through
};

/// Page numbers, and sums of page numbers and counts, lie below this.
inline constexpr pgno page_limit = pgno{1} << 52;

/// A range of pages: not empty, and not beyond the limit.
[[nodiscard]] constexpr bool valid_range(pgno start, pgno pages) noexcept {
    return pages != 0 && start < page_limit && pages <= page_limit - start;
}

/// The least of three: where a run of pages ends.
[[nodiscard]] constexpr pgno least(pgno a, pgno b, pgno c) noexcept {
    const pgno of_two = a < b ? a : b;
    return of_two < c ? of_two : c;
}

}  // namespace rmap::inline RMAP_ABI::mm
