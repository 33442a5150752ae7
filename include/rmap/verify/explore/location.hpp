// SPDX-License-Identifier: BSL-1.0
#pragma once

// Where in the source an operation is, as std::source_location says it: clang 14 does not parse that.

#include <cstdint>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// As a default argument, `location::current()` is the caller's place.
struct location {
    const char* file = "";
    std::uint32_t line = 0;

    [[nodiscard]] static constexpr location current(const char* file = __builtin_FILE(),
                                                    std::uint32_t line = __builtin_LINE()) noexcept {
        return {file, line};
    }
};

}  // namespace rmap::inline RMAP_ABI::verify
