// SPDX-License-Identifier: BSL-1.0
#pragma once

// Where in the source an operation is, as std::source_location says it, which clang 14 does not
// parse.

#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/locks/note.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// As a default argument, `location::current()` is the caller's place.
struct location {
    const char* file = "";
    std::uint32_t line = 0;

    constexpr location() noexcept = default;
    constexpr location(const char* of_file, std::uint32_t of_line) noexcept
        : file{of_file}, line{of_line} {}
    /// So guards tell model_lock where they were made (locks/note.hpp).
    constexpr location(const lock_note& note) noexcept : file{note.file}, line{note.line} {}

    [[nodiscard]] static constexpr location current(
        const char* file = __builtin_FILE(), std::uint32_t line = __builtin_LINE()) noexcept {
        return {file, line};
    }
};

}  // namespace rmap::inline RMAP_ABI::verify
