// SPDX-License-Identifier: BSL-1.0
#pragma once

// Platforms whose read-modify-writes are full barriers. C++ does not promise that, not even of
// seq_cst ones beside relaxed loads; Linux's memory model does of all that return a value, and so
// does every locked instruction of x86. A family of atomics says so with
//
//     static constexpr bool kernel_rmw = true;
//
// and split_word.hpp then leaves its fences out. The family promises it for the compiler as well:
// nothing may move across its read-modify-writes.

#include <concepts>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::flags {

/// Whether each read-modify-write of the family is also a seq_cst fence before and after it.
template <class Atomics>
inline constexpr bool kernel_rmw = requires {
    requires Atomics::kernel_rmw;
};

static_assert(!kernel_rmw<atomics::builtin>);

#if defined(__x86_64__) || defined(__i386__)

/// The builtins, with the compiler kept from moving anything across a read-modify-write. The
/// processor does not, as each is a locked instruction; an exchange is one without saying so.
struct x86_rmw : atomics::builtin {
    static constexpr bool kernel_rmw = true;

    template <class T>
    class atomic : public atomics::builtin::atomic<T> {
        using base = atomics::builtin::atomic<T>;

    public:
        using base::base;

        T exchange(T value, order o) noexcept {
            return between([&] { return base::exchange(value, o); });
        }
        [[nodiscard]] bool compare_exchange(T& expected, T desired, order o) noexcept {
            return between([&] { return base::compare_exchange(expected, desired, o); });
        }
        T fetch_add(T operand, order o) noexcept requires std::integral<T> {
            return between([&] { return base::fetch_add(operand, o); });
        }
        T fetch_sub(T operand, order o) noexcept requires std::integral<T> {
            return between([&] { return base::fetch_sub(operand, o); });
        }
        T fetch_or(T operand, order o) noexcept requires std::integral<T> {
            return between([&] { return base::fetch_or(operand, o); });
        }
        T fetch_and(T operand, order o) noexcept requires std::integral<T> {
            return between([&] { return base::fetch_and(operand, o); });
        }

    private:
        static void nothing_moves() noexcept { __asm__ __volatile__("" ::: "memory"); }

        template <class F>
        static auto between(F f) noexcept {
            nothing_moves();
            const auto result = f();
            nothing_moves();
            return result;
        }
    };
};

static_assert(atomics_family<x86_rmw> && kernel_rmw<x86_rmw>);

#endif

}  // namespace rmap::inline RMAP_ABI::flags
