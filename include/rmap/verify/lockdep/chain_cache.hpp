// SPDX-License-Identifier: BSL-1.0
#pragma once

// The chains of held locks that were checked before, so that each is checked once. Looking takes no
// lock: threads that lockdep watches must not be ordered by it, or it would hide their data races
// from a race detector.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

class chain_cache {
public:
    [[nodiscard]] bool contains(std::uint64_t chain) const noexcept {
        for (std::size_t i = 0; i != most_probes; ++i) {
            // Orders:     nothing, on purpose: a chain stands for nothing but itself.
            // Pairs with: the relaxed stores in insert() and clear().
            // Otherwise:  a stale answer costs one check that was not needed.
            // Proved by:  tests/unit/verify/lockdep_threads_test.cpp, under the thread sanitizer.
            const std::uint64_t seen = slot(chain, i).load(std::memory_order_relaxed);
            if (seen == chain) return true;
            if (seen == 0) return false;
        }
        return false;
    }
    /// By one thread at a time. A chain for which there is no room is checked each time.
    void insert(std::uint64_t chain) noexcept {
        for (std::size_t i = 0; i != most_probes; ++i) {
            // As above.
            if (slot(chain, i).load(std::memory_order_relaxed) != 0) continue;
            slot(chain, i).store(chain, std::memory_order_relaxed);
            return;
        }
    }
    void clear() noexcept {
        for (auto& s : slots_)
            s.store(0, std::memory_order_relaxed);  // as above
    }

private:
    static constexpr std::size_t size = 1 << 14;
    static constexpr std::size_t most_probes = 16;
    using slots = std::array<std::atomic<std::uint64_t>, size>;

    [[nodiscard]] static std::size_t place(std::uint64_t chain, std::size_t probe) noexcept {
        return (static_cast<std::size_t>(chain) + probe) % size;
    }
    [[nodiscard]] const std::atomic<std::uint64_t>& slot(std::uint64_t chain,
                                                         std::size_t probe) const noexcept {
        return slots_[place(chain, probe)];
    }
    [[nodiscard]] std::atomic<std::uint64_t>& slot(std::uint64_t chain,
                                                   std::size_t probe) noexcept {
        return slots_[place(chain, probe)];
    }

    slots slots_{};
};

}  // namespace rmap::inline RMAP_ABI::verify
