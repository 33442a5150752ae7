// SPDX-License-Identifier: BSL-1.0
#pragma once

// The memory that a fiber runs on (verify/explore/fiber.hpp), and what the sanitizers are told of
// it. An abandoned fiber's frames stay behind without having returned; both have to cope with that.

#include <cstddef>
#include <cstdlib>
#include <new>

#include <rmap/core/config.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define RMAP_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RMAP_FIBER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define RMAP_FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RMAP_FIBER_TSAN 1
#endif
#endif

#ifdef RMAP_FIBER_ASAN
extern "C" void __asan_unpoison_memory_region(void const volatile* begin, std::size_t size);
extern "C" void __lsan_disable(void);
extern "C" void __lsan_enable(void);
#endif
#ifdef RMAP_FIBER_TSAN
extern "C" void* __tsan_create_fiber(unsigned flags);
extern "C" void __tsan_destroy_fiber(void* fiber);
#endif

namespace rmap::inline RMAP_ABI::verify {

#if defined(RMAP_FIBER_ASAN) || defined(RMAP_FIBER_TSAN)
inline constexpr std::size_t fiber_stack_size = 256 * 1024;
#else
inline constexpr std::size_t fiber_stack_size = 128 * 1024;
#endif

/// The memory of a fiber. Stacks are kept for the next exploration of the same OS thread: to map
/// and touch new ones takes longer than a small exploration.
struct fiber_stack {
    alignas(64) std::byte bytes[fiber_stack_size];
    fiber_stack* next;  // that waits to be used again
#ifdef RMAP_FIBER_TSAN
    void* tsan;
    unsigned starts;
#endif

    [[nodiscard]] static fiber_stack* take() noexcept {
        fiber_stack*& first = spare().first;
        if (fiber_stack* s = first) {
            first = s->next;
            return s;
        }
        void* const memory = std::aligned_alloc(64, (sizeof(fiber_stack) + 63) / 64 * 64);
        if (memory == nullptr) return nullptr;
        auto* const s = ::new (memory) fiber_stack;
#ifdef RMAP_FIBER_TSAN
        s->tsan = nullptr;
        s->starts = 0;
#endif
        return s;
    }
    void give_back() noexcept {
        next = spare().first;
        spare().first = this;
    }

    /// Before anything runs on it: what the sanitizers remember of frames that were abandoned would
    /// be wrong of new ones.
    void renew() noexcept {
#ifdef RMAP_FIBER_ASAN
        __asan_unpoison_memory_region(bytes, fiber_stack_size);
#endif
#ifdef RMAP_FIBER_TSAN
        // It remembers the calls that were not returned from; it has room for some, and making a
        // new one takes long.
        if (starts++ % 256 != 0) return;
        if (tsan != nullptr) __tsan_destroy_fiber(tsan);
        tsan = __tsan_create_fiber(0);
#endif
    }

private:
    struct spares {
        fiber_stack* first = nullptr;
        ~spares() {
            while (fiber_stack* s = first) {
                first = s->next;
#ifdef RMAP_FIBER_TSAN
                if (s->tsan != nullptr) __tsan_destroy_fiber(s->tsan);
#endif
                std::free(s);
            }
        }
    };
    [[nodiscard]] static spares& spare() noexcept {
        static thread_local spares kept;
        return kept;
    }
};

/// What is allocated meanwhile may be abandoned with a stack that points to it: no leak to be
/// reported by the sanitizer. (Blocks of model_memory are counted by the engine.)
class leaks_ignored {
public:
#ifdef RMAP_FIBER_ASAN
    leaks_ignored() noexcept { __lsan_disable(); }
    ~leaks_ignored() { __lsan_enable(); }
#else
    leaks_ignored() noexcept {}
    ~leaks_ignored() {}
#endif
    leaks_ignored(const leaks_ignored&) = delete;
    leaks_ignored& operator=(const leaks_ignored&) = delete;
};

}  // namespace rmap::inline RMAP_ABI::verify
