// SPDX-License-Identifier: BSL-1.0
#pragma once

// An allocator that counts what is alive and fails when told to: `with_failures` runs an operation
// again and again, with its first, second, ... allocation failing, until it needs no more of them.
// The state is the process's, so that any map of a policy with this allocator can be told.

#include <atomic>
#include <cstddef>
#include <limits>
#include <new>

namespace rmap_test {

struct failing_memory {
    static inline std::atomic<long> alive{0};
    // How many allocations succeed before one fails, and all after it.
    static constexpr long never = std::numeric_limits<long>::max();
    static inline std::atomic<long> until_failure{never};

    [[nodiscard]] void* allocate(std::size_t size, std::size_t) noexcept {
        if (until_failure.load() != never && until_failure.fetch_sub(1) <= 0) return nullptr;
        void* block = ::operator new(size, std::nothrow);
        if (block != nullptr) ++alive;
        return block;
    }
    void deallocate(void* block, std::size_t, std::size_t) noexcept {
        --alive;
        ::operator delete(block);
    }
};

/// Calls try_once(n) with the allocation after the first n failing, for n = 0, 1, ..., until it
/// returns true (done), and returns how many allocations that took. The memory is back in order
/// afterwards.
template <class TryOnce>
long with_failures(TryOnce try_once) {
    for (long n = 0;; ++n) {
        failing_memory::until_failure = n;
        const bool done = try_once();
        failing_memory::until_failure = failing_memory::never;
        if (done) return n;
    }
}

}  // namespace rmap_test
