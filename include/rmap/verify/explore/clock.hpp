// SPDX-License-Identifier: BSL-1.0
#pragma once

// Vector clocks over the few threads of a scenario.

#include <cstdint>
#include <cstring>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

inline constexpr unsigned max_threads = 8;

/// A set of threads, one bit each.
using thread_mask = std::uint32_t;

/// Sixteen bits each, so that all of it is one vector of every processor: an execution has fewer
/// steps, and the engine sees to it that it has (engine::advance).
struct vclock {
    using count = std::uint16_t;

    count at[max_threads] = {};

    void join(const vclock& other) noexcept {
        for (unsigned t = 0; t != max_threads; ++t) {
            at[t] = other.at[t] > at[t] ? other.at[t] : at[t];  // without a branch: vectorised
        }
    }
    /// One more step of thread `t`. All of the clock is written, as it is soon read: a processor
    /// hands a store of the same width on to the load, but makes a wider load wait.
    void tick(unsigned t) noexcept;

    /// Whether all of `other` happened before.
    [[nodiscard]] bool covers(const vclock& other) const noexcept {
        for (unsigned t = 0; t != max_threads; ++t) {
            if (other.at[t] > at[t]) return false;
        }
        return true;
    }
    friend bool operator==(const vclock&, const vclock&) = default;
};

/// One step of each thread.
inline constexpr vclock single_steps[max_threads] = {
    {{1}},          {{0, 1}},          {{0, 0, 1}},          {{0, 0, 0, 1}},
    {{0, 0, 0, 0, 1}}, {{0, 0, 0, 0, 0, 1}}, {{0, 0, 0, 0, 0, 0, 1}}, {{0, 0, 0, 0, 0, 0, 0, 1}}};

inline void vclock::tick(unsigned t) noexcept {
    const vclock& one = single_steps[t];
    for (unsigned i = 0; i != max_threads; ++i) at[i] = static_cast<count>(at[i] + one.at[i]);
}

/// A good 64-bit mixer (the finaliser of splitmix64).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

/// Both halves with a factor each, so that neither waits for the other; then mixed once.
[[nodiscard]] inline std::uint64_t hash_of(const vclock& c) noexcept {
    static_assert(sizeof c == 2 * sizeof(std::uint64_t));
    std::uint64_t half[2];
    std::memcpy(half, c.at, sizeof half);
    return mix(half[0] * (mix(1) | 1) + half[1] * (mix(2) | 1));
}

}  // namespace rmap::inline RMAP_ABI::verify
