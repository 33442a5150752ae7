// SPDX-License-Identifier: BSL-1.0
#pragma once

// aged_memory: an allocator policy that gives what a process has after a long life: every block
// lies at an unrelated address. For each size there is a list of free blocks, which was shuffled
// before its first use; what is freed comes first again, as in the kernel's and in most allocators.
// It counts what is alive. For one allocating thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

#include "huge_slab.hpp"

namespace rmap_bench {

class aged_heap {
public:
    static aged_heap& get() {
        static aged_heap heap;
        return heap;
    }

    void* take(std::size_t size) {
        shelf& s = shelf_of(size);
        if (s.free == nullptr) refill(s, size);
        block* const b = s.free;
        s.free = b->next;
        if (s.free != nullptr) __builtin_prefetch(s.free);  // as slab allocators do
        live_ += rounded(size);
        ++allocations_;
        return b;
    }
    void give(void* what, std::size_t size) noexcept {
        shelf& s = shelf_of(size);
        s.free = ::new (what) block{s.free};
        live_ -= rounded(size);
    }
    /// Bytes that were taken and not given back.
    [[nodiscard]] std::uint64_t live() const noexcept { return live_; }
    [[nodiscard]] std::uint64_t allocations() const noexcept { return allocations_; }
    /// What is not in use goes back to the system, so that each contestant begins alike; unless
    /// `shuffled`, blocks then lie one after the other. Only when nothing is alive.
    void begin_anew(bool shuffled = true) {
        if (live_ != 0) std::abort();
        shuffled_ = shuffled;
        for (shelf& s : shelves_)
            s = shelf{};
    }

private:
    struct block {
        block* next;
    };
    struct shelf {
        block* free = nullptr;
        std::size_t slab = 256;  // blocks of the next slab
        std::vector<huge_slab> slabs{};
    };

    static std::size_t rounded(std::size_t size) noexcept { return (size + 15) / 16 * 16; }

    shelf& shelf_of(std::size_t size) {
        const std::size_t at = rounded(size) / 16;
        if (at >= shelves_.size()) shelves_.resize(at + 1);
        return shelves_[at];
    }
    void refill(shelf& s, std::size_t size) {
        const std::size_t step = rounded(size);
        const std::size_t count = s.slab;
        // As far apart as the family will be: slabs grow fast, large blocks come in small ones.
        if (s.slab * step < (std::size_t{64} << 20)) s.slab *= 4;
        s.slabs.emplace_back(count * step);
        std::byte* const first = s.slabs.back().first();
        std::vector<std::uint32_t> order(count);
        for (std::uint32_t i = 0; i != count; ++i)
            order[i] = i;
        if (!shuffled_) std::reverse(order.begin(), order.end());
        for (std::size_t i = count; shuffled_ && i > 1; --i)
            std::swap(order[i - 1], order[random_() % i]);
        for (const std::uint32_t i : order) {
            s.free = ::new (static_cast<void*>(first + i * step)) block{s.free};
        }
    }

    std::vector<shelf> shelves_{};
    bool shuffled_ = true;
    std::minstd_rand random_{20101130};
    std::uint64_t live_ = 0;
    std::uint64_t allocations_ = 0;
};

struct aged_memory {
    [[nodiscard]] void* allocate(std::size_t size, std::size_t) noexcept {
        return aged_heap::get().take(size);
    }
    void deallocate(void* what, std::size_t size, std::size_t) noexcept {
        aged_heap::get().give(what, size);
    }
};

}  // namespace rmap_bench
