// SPDX-License-Identifier: BSL-1.0
#pragma once

// Where contestants get their memory, so that all get it from the same place and it can be counted:
// an aged heap, a fresh one, or the system's for benches with threads. As an allocator policy of
// the library (bench_memory) and as an allocator of standard containers (allocator<T>).

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "aged_memory.hpp"

namespace rmap_bench {

enum class heap : std::uint8_t {
    aged,   // every block at an unrelated address, as after a long life; one thread
    fresh,  // one block after the other, as in a young process; one thread
    system  // the C library's, uncounted; any thread
};

class bench_heap {
public:
    /// Only while nothing is alive.
    static void begin_anew(heap kind) {
        if (state().kind != heap::system && live() != 0) std::abort();
        aged_heap::get().begin_anew(kind == heap::aged);
        state() = counts{kind};
    }
    static void* take(std::size_t size) {
        counts& s = state();
        if (s.kind == heap::system) return plain(size);
        s.live += size;
        ++s.allocations;
        return size <= largest ? aged_heap::get().take(size) : plain(size);
    }
    static void give(void* what, std::size_t size) noexcept {
        counts& s = state();
        if (s.kind == heap::system) return std::free(what);
        s.live -= size;
        if (size > largest) return std::free(what);
        aged_heap::get().give(what, size);
    }
    /// Bytes and blocks: taken and not given back; taken at all. Of aged and fresh heaps.
    [[nodiscard]] static std::uint64_t live() noexcept { return state().live; }
    [[nodiscard]] static std::uint64_t allocations() noexcept { return state().allocations; }

private:
    // Larger blocks lie at addresses of their own at any rate.
    static constexpr std::size_t largest = 4096;

    struct counts {
        heap kind = heap::aged;
        std::uint64_t live = 0;
        std::uint64_t allocations = 0;
    };
    static counts& state() noexcept {
        static counts all;
        return all;
    }
    static void* plain(std::size_t size) {
        void* const out = std::malloc(size);
        if (out == nullptr) std::abort();
        return out;
    }
};

struct bench_memory {
    [[nodiscard]] void* allocate(std::size_t size, std::size_t) noexcept {
        return bench_heap::take(size);
    }
    void deallocate(void* what, std::size_t size, std::size_t) noexcept {
        bench_heap::give(what, size);
    }
};

template <class T>
struct allocator {
    using value_type = T;

    allocator() noexcept = default;
    template <class U>
    allocator(const allocator<U>&) noexcept {}

    [[nodiscard]] T* allocate(std::size_t n) {
        return static_cast<T*>(bench_heap::take(n * sizeof(T)));
    }
    void deallocate(T* what, std::size_t n) noexcept { bench_heap::give(what, n * sizeof(T)); }

    friend bool operator==(const allocator&, const allocator&) noexcept { return true; }
};

}  // namespace rmap_bench
