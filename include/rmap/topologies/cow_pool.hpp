// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_pool: where the blocks of topologies::cow_tree wait when they are free, if walks may glance
// (cow_glance.hpp): they stay blocks, each of the capacity that it was made with, until the map
// ends or is trimmed, as anon_vmas do under lifetimes::type_stable. Under other policies the pool
// keeps nothing.

#include <bit>
#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/core/lock_rank.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/topologies/cow_block.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy, bool Keeps = cow_glances<Policy>>
class cow_pool {
    using block = cow_block<Policy>;

public:
    /// One of that capacity, as if new; null if none waits.
    [[nodiscard]] static block* get(std::uint32_t) noexcept { return nullptr; }
    /// Whether it keeps the block, which nobody uses.
    [[nodiscard]] static bool put(block&) noexcept { return false; }
    /// Any; null if none waits.
    [[nodiscard]] static block* pop() noexcept { return nullptr; }
};

template <class Policy>
class cow_pool<Policy, true> {
    using block = cow_block<Policy>;

public:
    [[nodiscard]] block* get(std::uint32_t capacity) noexcept {
        block* const b = take(capacity);
        if (b == nullptr) return nullptr;
        // What a glance reads of it meanwhile it takes back (the lock's sequence).
        for (std::uint32_t i = 0; i != capacity; ++i) {
            b->at(i).pages = 0;
            b->at(i).mm = nullptr;
            b->about(i) = nullptr;
        }
        b->prev = nullptr;
        b->next = nullptr;
        return b;
    }
    [[nodiscard]] bool put(block& b) noexcept {
        const write_guard<typename Policy::lock> guard{lock_};
        auto& first = free_[list_of(b.capacity)];
        b.prev = first.get();
        first = &b;
        return true;
    }
    [[nodiscard]] block* pop() noexcept {
        const write_guard<typename Policy::lock> guard{lock_};
        for (auto& first : free_) {
            block* const b = first;
            if (b == nullptr) continue;
            first = b->prev.get();
            return b;
        }
        return nullptr;
    }

private:
    // By the two highest bits of the capacity: those that there are differ in them.
    static constexpr unsigned lists = 18;
    [[nodiscard]] static unsigned list_of(std::uint32_t capacity) noexcept {
        const auto bits = static_cast<unsigned>(std::bit_width(capacity));
        return bits * 2 + (bits < 2 ? 0 : (capacity >> (bits - 2)) & 1U);
    }

    [[nodiscard]] block* take(std::uint32_t capacity) noexcept {
        const write_guard<typename Policy::lock> guard{lock_};
        auto* from = &free_[list_of(capacity)];
        while (from->get() != nullptr && from->get()->capacity != capacity)
            from = &from->get()->prev;
        block* const b = *from;
        if (b != nullptr) *from = b->prev.get();
        return b;
    }

    lock_of_rank<Policy, lock_rank::free_list> lock_{};
    // Linked by `prev`; read and written holding lock_.
    typename Policy::atomics::template plain<block*> free_[lists]{};
};

}  // namespace rmap::inline RMAP_ABI
