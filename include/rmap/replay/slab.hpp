// SPDX-License-Identifier: BSL-1.0
#pragma once

// Memory for programs that replay: one thread, many small objects of few sizes, all gone at the
// end. Blocks of each size are kept in a list of their own; new ones are cut from chunks that the
// system hands out with their pages present, since a page fault for each page would be the larger
// part of a short replay. Freed blocks are used again, never returned before the end, and not
// poisoned: tests that look for use after free replay without it.

#include <cstddef>
#include <new>
#include <utility>

#include <sys/mman.h>

#include <rmap/core/config.hpp>
#include <rmap/core/memory.hpp>

namespace rmap::inline RMAP_ABI::replay {

class slab {
public:
    /// Enough for 2^24 pages, which is what a trace may have (budget.hpp), and what they hang on.
    static constexpr std::size_t usual_limit = std::size_t{7} << 28;

    slab() noexcept : slab{usual_limit} {}
    /// At most `limit` bytes are had from the system at any time; beyond that allocate() fails.
    explicit slab(std::size_t limit) noexcept : room_{limit} {}
    slab(slab&& from) noexcept : room_{0} { swap(from); }
    slab& operator=(slab&& from) noexcept {
        swap(from);
        return *this;
    }
    ~slab() {
        while (chunk* c = chunks_) {
            chunks_ = c->next;
            ::munmap(c, c->size);
        }
    }

    [[nodiscard]] void* allocate(std::size_t size, std::size_t align) noexcept {
        if (align > unit) return nullptr;
        if (size > largest) return allocate_alone(size);
        const std::size_t which = (size + unit - 1) / unit;
        if (block* b = free_[which]) {
            free_[which] = b->next;
            return b;
        }
        const std::size_t bytes = which * unit;
        if (left_ < bytes && !add_chunk()) return nullptr;
        left_ -= bytes;
        return std::exchange(at_, at_ + bytes);
    }

    void deallocate(void* given, std::size_t size, std::size_t) noexcept {
        if (size > largest) {
            room_ += size;
            return ::operator delete(given);
        }
        const std::size_t which = (size + unit - 1) / unit;
        free_[which] = ::new (given) block{free_[which]};
    }

private:
    static constexpr std::size_t unit = alignof(std::max_align_t);
    static constexpr std::size_t largest = 1024;
    static constexpr std::size_t smallest_chunk = std::size_t{1} << 17;
    static constexpr std::size_t largest_chunk = std::size_t{1} << 22;

    struct block {
        block* next;
    };
    struct alignas(unit) chunk {
        chunk* next;
        std::size_t size;
    };

    void* allocate_alone(std::size_t size) noexcept {
        void* const memory = size > room_ ? nullptr : ::operator new (size, std::nothrow_t{});
        if (memory != nullptr) room_ -= size;
        return memory;
    }

    bool add_chunk() noexcept {
        std::size_t size = chunks_ == nullptr ? smallest_chunk : 2 * chunks_->size;
        if (size > largest_chunk) size = largest_chunk;
        if (size > room_) return false;
#ifdef MAP_POPULATE
        constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
#else
        constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#endif
        void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, -1, 0);
        if (memory == MAP_FAILED) return false;
        room_ -= size;
        chunks_ = ::new (memory) chunk{chunks_, size};
        at_ = static_cast<char*>(memory) + sizeof(chunk);
        left_ = size - sizeof(chunk);
        return true;
    }

    void swap(slab& other) noexcept {
        std::swap(free_, other.free_);
        std::swap(chunks_, other.chunks_);
        std::swap(at_, other.at_);
        std::swap(left_, other.left_);
        std::swap(room_, other.room_);
    }

    block* free_[largest / unit + 1] = {};
    chunk* chunks_ = nullptr;
    char* at_ = nullptr;
    std::size_t left_ = 0;
    std::size_t room_;  // bytes that may still be had from the system
};

static_assert(memory_source<slab>);

/// `Policy` with that memory.
template <class Policy>
struct pooled : Policy {
    using allocator = slab;
};

}  // namespace rmap::inline RMAP_ABI::replay
