// SPDX-License-Identifier: BSL-1.0
#pragma once

// What was wrong with an input, and where. The reader and the player report it; the program prints
// it.

#include <cstdint>
#include <string>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// Lines count from 1; a file that cannot be opened is reported at its first.
struct problem {
    std::string file{};
    std::uint64_t line = 1;
    std::string what{};

    /// `file:line: what`, the form that every tool understands.
    [[nodiscard]] std::string text() const {
        return file + ':' + std::to_string(line) + ": " + what;
    }
};

}  // namespace rmap::inline RMAP_ABI::replay
