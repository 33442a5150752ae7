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
    for (unsigned i = 0; i != max_threads; ++i) at[i] += one.at[i];
}

/// A good 64-bit mixer (the finaliser of splitmix64).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

/// A sum with a factor for each thread, so that no term waits for another; then mixed once.
[[nodiscard]] inline std::uint64_t hash_of(const vclock& c) noexcept {
    constexpr std::uint64_t factors[max_threads] = {
        mix(1) | 1, mix(2) | 1, mix(3) | 1, mix(4) | 1,
        mix(5) | 1, mix(6) | 1, mix(7) | 1, mix(8) | 1};
    std::uint64_t h = 0;
    for (unsigned t = 0; t != max_threads; ++t) h += c.at[t] * factors[t];
    return mix(h);
}

}  // namespace rmap::inline RMAP_ABI::verify
