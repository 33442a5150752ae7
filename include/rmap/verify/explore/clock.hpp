// SPDX-License-Identifier: BSL-1.0
#pragma once

// Vector clocks over the few threads of a scenario.

#include <cstdint>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

inline constexpr unsigned max_threads = 8;

/// A set of threads, one bit each.
using thread_mask = std::uint32_t;

struct vclock {
    std::uint32_t at[max_threads] = {};

    void join(const vclock& other) noexcept {
        for (unsigned t = 0; t != max_threads; ++t) {
            if (other.at[t] > at[t]) at[t] = other.at[t];
        }
    }
    /// Whether all of `other` happened before.
    [[nodiscard]] bool covers(const vclock& other) const noexcept {
        for (unsigned t = 0; t != max_threads; ++t) {
            if (other.at[t] > at[t]) return false;
        }
        return true;
    }
    friend bool operator==(const vclock&, const vclock&) = default;
};

/// A good 64-bit mixer (the finaliser of splitmix64).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

[[nodiscard]] inline std::uint64_t hash_of(const vclock& c) noexcept {
    std::uint64_t h = 0;
    for (std::uint32_t t : c.at) h = mix(h ^ t);
    return h;
}

}  // namespace rmap::inline RMAP_ABI::verify
