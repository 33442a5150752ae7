// SPDX-License-Identifier: BSL-1.0
#pragma once

// How much memory a trace may make the reference mm use: a line of a few bytes can ask for 2^52
// pages. The player books what an event could add at most, before it happens; when the books are
// full it counts what is really there, and starts again from that.

#include <cstdint>

#include <rmap/replay/event.hpp>

namespace rmap::inline RMAP_ABI::replay {

struct limits {
    /// Page table entries, those of the zero page too, in all address spaces together.
    std::uint64_t pages = std::uint64_t{1} << 24;
    /// Vmas in all address spaces together.
    std::uint64_t vmas = std::uint64_t{1} << 22;
};

/// What a space holds at most.
struct holdings {
    std::uint64_t pages = 0;
    std::uint64_t vmas = 0;
};

class budget {
public:
    explicit budget(const limits& most) noexcept : most_{most} {}

    /// Whether `more` fits beside what is booked.
    [[nodiscard]] bool fits(holdings more) const noexcept {
        return more.pages <= most_.pages && booked_.pages <= most_.pages - more.pages &&
               more.vmas <= most_.vmas && booked_.vmas <= most_.vmas - more.vmas;
    }
    void book(holdings& of, holdings more) noexcept {
        of.pages += more.pages;
        of.vmas += more.vmas;
        booked_.pages += more.pages;
        booked_.vmas += more.vmas;
    }
    /// What the space holds is known to be `now`.
    void correct(holdings& of, holdings now) noexcept {
        booked_.pages += now.pages - of.pages;
        booked_.vmas += now.vmas - of.vmas;
        of = now;
    }

private:
    limits most_;
    holdings booked_{};
};

}  // namespace rmap::inline RMAP_ABI::replay
