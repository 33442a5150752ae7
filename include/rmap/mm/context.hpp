// SPDX-License-Identifier: BSL-1.0
#pragma once

// What every operation of the reference mm works with: the reverse map, the LRU lists, the options.
// Operations are functions over a context; mm/system.hpp is the facade that users see.

#include <new>

#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/mm/address_space.hpp>
#include <rmap/mm/file.hpp>
#include <rmap/mm/lru.hpp>
#include <rmap/mm/page.hpp>
#include <rmap/mm/reservation.hpp>
#include <rmap/mm/vma.hpp>
#include <rmap/reverse_map.hpp>

namespace rmap::inline RMAP_ABI::mm {

template <class Policy>
struct context {
    using policy = Policy;
    using space = address_space<Policy>;
    using file_type = file<Policy>;
    using vma_type = vma<Policy>;
    using page_type = page<Policy>;
    using pte_type = pte<Policy>;
    using leaf_type = leaf<Policy>;
    using map_type = reverse_map<page_type, vma_type, Policy>;
    using allocator = typename Policy::allocator;
    using reserve = reservation<allocator>;
    using link = typename Policy::topology::template link<Policy>;
    using shared_guard = read_guard<typename Policy::lock>;
    using guard = write_guard<typename Policy::lock>;

    explicit context(allocator memory) noexcept : map{static_cast<allocator&&>(memory)} {}

    [[nodiscard]] allocator& memory() noexcept { return map.memory(); }

    map_type map;
    lru_lists<Policy> lru{};
    bool accounting = false;
    // Held by same-page merging, outside all other locks: merges come one after the other.
    lock_of_rank<Policy, lock_rank::operation> ksm_lock{};
};

/// Constructs an object in memory of `from`, or returns null.
template <class T, memory_source Memory, class... Args>
[[nodiscard]] T* make(Memory& from, Args&&... args) {
    void* const block = from.allocate(sizeof(T), alignof(T));
    return block == nullptr ? nullptr : ::new (block) T{static_cast<Args&&>(args)...};
}

template <class T, memory_source Memory>
void destroy(Memory& to, T& object) noexcept {
    object.~T();
    to.deallocate(&object, sizeof(T), alignof(T));
}

/// Drops a pin; the last one frees the memory.
template <class Policy>
void unpin(context<Policy>& ctx, address_space<Policy>& in) noexcept {
    if (in.unpin()) destroy(ctx.memory(), in);
}

/// Steps that draw on a reservation cannot fail; a shortfall is an error of this mm.
template <class Policy>
void must(status s) noexcept {
    RMAP_CHECK_ALWAYS(Policy, s == status::ok, reservation_short,
                      "an operation needed more memory than it had set aside");
    static_cast<void>(s);
}

}  // namespace rmap::inline RMAP_ABI::mm
