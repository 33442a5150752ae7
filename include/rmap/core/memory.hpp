// SPDX-License-Identifier: BSL-1.0
#pragma once

// Where the library's own objects (anon_vma, anon_vma_chain) come from. The library asks before it
// takes a lock, never under one, and treats null as `status::no_memory`. An allocating operation
// also takes an allocator of the caller's in place of the map's: memory that was set aside
// beforehand, or one that carries a context (in Linux: GFP flags). Memory always goes back to the
// map's allocator.

#include <concepts>
#include <cstddef>
#include <new>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

/// The allocator axis. May be stateful; the map holds one.
template <class M>
concept memory_source = requires(M& m, void* block, std::size_t size, std::size_t align) {
    // `size` bytes aligned to `align`, or null. May sleep if the caller of the operation may.
    { m.allocate(size, align) } noexcept -> std::same_as<void*>;
    // Takes back what allocate gave, with the same size and alignment.
    { m.deallocate(block, size, align) } noexcept -> std::same_as<void>;
};

namespace memory {

/// The global operator new, in its form that returns null. Freestanding: the program defines it and
/// operator delete. Alignments above the default one of operator new are refused with null.
struct heap {
    [[nodiscard]] void* allocate(std::size_t size, std::size_t align) noexcept {
        return align > __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? nullptr
                                                        : ::operator new(size, std::nothrow_t{});
    }
    void deallocate(void* block, std::size_t, std::size_t) noexcept { ::operator delete(block); }
};

static_assert(memory_source<heap>);

}  // namespace memory

}  // namespace rmap::inline RMAP_ABI
