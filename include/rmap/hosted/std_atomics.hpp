// SPDX-License-Identifier: BSL-1.0
#pragma once

// The atomics axis over std::atomic, for programs that share a word between the library and code of
// their own. It generates what the default does.

#include <rmap/core/config.hpp>

#if !RMAP_HOSTED
#error "rmap: hosted/std_atomics.hpp needs a hosted implementation"
#endif

#include <atomic>
#include <concepts>

#include <rmap/core/atomics.hpp>

namespace rmap::inline RMAP_ABI {

namespace hosted {

/// The standard's name of an order.
[[nodiscard]] constexpr std::memory_order std_order(order o) noexcept {
    switch (o) {
        case order::relaxed: return std::memory_order_relaxed;
        case order::acquire: return std::memory_order_acquire;
        case order::release: return std::memory_order_release;
        case order::acq_rel: return std::memory_order_acq_rel;
        case order::seq_cst: break;
    }
    return std::memory_order_seq_cst;
}

struct std_atomics {
    template <class T>
    class atomic {
        static_assert(std::atomic<T>::is_always_lock_free,
                      "rmap: an atomic holds a type that needs no lock");

    public:
        constexpr atomic() noexcept : value_{T{}} {}
        constexpr explicit atomic(T value) noexcept : value_{value} {}

        [[nodiscard]] T load(order o) const noexcept { return value_.load(std_order(o)); }
        void store(T value, order o) noexcept { value_.store(value, std_order(o)); }
        T exchange(T value, order o) noexcept { return value_.exchange(value, std_order(o)); }
        // On failure `expected` becomes what was there, read relaxed (acquire if `o` acquires).
        [[nodiscard]] bool compare_exchange(T& expected, T desired, order o) noexcept {
            return value_.compare_exchange_strong(expected, desired, std_order(o));
        }
        T fetch_add(T operand, order o) noexcept
            requires std::integral<T>
        {
            return value_.fetch_add(operand, std_order(o));
        }
        T fetch_sub(T operand, order o) noexcept
            requires std::integral<T>
        {
            return value_.fetch_sub(operand, std_order(o));
        }
        T fetch_or(T operand, order o) noexcept
            requires std::integral<T>
        {
            return value_.fetch_or(operand, std_order(o));
        }
        T fetch_and(T operand, order o) noexcept
            requires std::integral<T>
        {
            return value_.fetch_and(operand, std_order(o));
        }

        /// The object itself, for the program's own use.
        [[nodiscard]] std::atomic<T>& native() noexcept { return value_; }

    private:
        std::atomic<T> value_;
    };

    template <class T>
    using plain = atomics::builtin::plain<T>;

    static void fence(order o) noexcept { std::atomic_thread_fence(std_order(o)); }
    static void pause() noexcept { atomics::builtin::pause(); }
};

static_assert(atomics_family<std_atomics>);

}  // namespace hosted

}  // namespace rmap::inline RMAP_ABI
