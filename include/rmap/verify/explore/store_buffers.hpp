// SPDX-License-Identifier: BSL-1.0
#pragma once

// x86-TSO (Owens, Sarkar, Sewell, 2009): each processor's stores wait in a queue before others see
// them, and its own loads look there first. Told the other way round (Abdulla, Atig, Bouajjani,
// Ngo, 2016, who prove the two equal): all stores happen at once, in one order, and a thread's
// loads may be late in it, but never go back and never miss a store of its own. What drains the
// queue (a read-modify-write, a sequentially consistent fence or store) makes the thread see all.
//
// It is about the processor: each access is one instruction, in the order of the program. What a
// compiler may do to relaxed accesses besides is the C++ memory model's business.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <rmap/verify/explore/clock.hpp>

namespace rmap::inline RMAP_ABI::verify {

class store_buffers {
public:
    /// `on`: loads may be late; else nothing of this is asked.
    void reset(bool on) noexcept {
        on_ = on;
        stores_.clear();
        for (std::uint32_t& s : seen_)
            s = all;
    }
    [[nodiscard]] bool on() const noexcept { return on_; }

    /// A store; returns its number in the order of all. `name` tells it from others.
    [[nodiscard]] std::uint32_t store(std::uint64_t name) {
        if (!on_) return 0;
        stores_.push_back(name);
        return static_cast<std::uint32_t>(stores_.size());
    }
    /// Thread `t` sees everything from here on; also where it starts.
    void drain(unsigned t) noexcept { seen_[t] = static_cast<std::uint32_t>(stores_.size()); }
    /// The thread has seen the store of that number, and so all before it.
    void see(unsigned t, std::uint32_t number) noexcept {
        if (number > seen_[t]) seen_[t] = number;
    }
    /// Whether the thread must have seen it.
    [[nodiscard]] bool sees(unsigned t, std::uint32_t number) const noexcept {
        return number <= seen_[t];
    }
    /// The thread reads no more.
    void finish(unsigned t) noexcept { seen_[t] = all; }

    /// What may still be read: the stores that somebody has not seen, in order, and who has not.
    [[nodiscard]] std::uint64_t hash() const noexcept {
        if (!on_) return 0;
        std::uint32_t first = static_cast<std::uint32_t>(stores_.size());
        for (std::uint32_t s : seen_) {
            if (s < first) first = s;
        }
        std::uint64_t h = 0;
        for (std::size_t i = first; i < stores_.size(); ++i)
            h = mix(h * 3 + stores_[i]);
        for (unsigned t = 0; t != max_threads; ++t) {
            if (seen_[t] != all) h = mix(h + (seen_[t] - first) * 8U + t);
        }
        return h;
    }

private:
    static constexpr std::uint32_t all = ~std::uint32_t{0};

    bool on_ = false;
    std::vector<std::uint64_t> stores_{};
    std::uint32_t seen_[max_threads]{};
};

}  // namespace rmap::inline RMAP_ABI::verify
