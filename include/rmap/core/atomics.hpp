// SPDX-License-Identifier: BSL-1.0
#pragma once

// The atomics axis: how the library touches memory that threads share. Everything shared goes
// through it, plain fields too, so that a program can put an instrumented family in its place, as
// verify/ does.
//
// The default stands on the compilers' __atomic builtins: <atomic> costs 0.24 s a translation unit
// and does not parse without a libc. hosted/std_atomics.hpp is the adaptor for std::atomic.

#include <concepts>
#include <cstdint>
#include <type_traits>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

/// The orders of the C++ memory model. There is no default: each use says which it needs.
enum class order : int {
    relaxed = __ATOMIC_RELAXED,
    acquire = __ATOMIC_ACQUIRE,
    release = __ATOMIC_RELEASE,
    acq_rel = __ATOMIC_ACQ_REL,
    seq_cst = __ATOMIC_SEQ_CST,
};

namespace atomics {

struct builtin {
    /// An atomic object: a number, a pointer, an enumeration, or a small struct that fills a word.
    template <class T>
    class atomic {
        static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(void*) &&
                          (sizeof(T) & (sizeof(T) - 1)) == 0,
                      "rmap: an atomic holds a trivially copyable type of 1, 2, 4 or 8 bytes, at "
                      "most a machine word");

    public:
        constexpr atomic() noexcept : value_{} {}
        constexpr explicit atomic(T value) noexcept : value_{value} {}
        atomic(const atomic&) = delete;
        atomic& operator=(const atomic&) = delete;

        [[nodiscard]] T load(order o) const noexcept {
            T value{};
            __atomic_load(&value_, &value, static_cast<int>(o));
            return value;
        }
        void store(T value, order o) noexcept {
            __atomic_store(&value_, &value, static_cast<int>(o));
        }
        T exchange(T value, order o) noexcept {
            T old{};
            __atomic_exchange(&value_, &value, &old, static_cast<int>(o));
            return old;
        }
        // On failure `expected` becomes what was there, read relaxed (acquire if `o` acquires).
        [[nodiscard]] bool compare_exchange(T& expected, T desired, order o) noexcept {
            return __atomic_compare_exchange(&value_, &expected, &desired, false,
                                             static_cast<int>(o), on_failure(o));
        }
        T fetch_add(T operand, order o) noexcept
            requires std::integral<T>
        {
            return __atomic_fetch_add(&value_, operand, static_cast<int>(o));
        }
        T fetch_sub(T operand, order o) noexcept
            requires std::integral<T>
        {
            return __atomic_fetch_sub(&value_, operand, static_cast<int>(o));
        }
        T fetch_or(T operand, order o) noexcept
            requires std::integral<T>
        {
            return __atomic_fetch_or(&value_, operand, static_cast<int>(o));
        }
        T fetch_and(T operand, order o) noexcept
            requires std::integral<T>
        {
            return __atomic_fetch_and(&value_, operand, static_cast<int>(o));
        }

    private:
        static constexpr int on_failure(order o) noexcept {
            switch (o) {
                case order::acquire:
                case order::acq_rel: return __ATOMIC_ACQUIRE;
                case order::seq_cst: return __ATOMIC_SEQ_CST;
                default: return __ATOMIC_RELAXED;
            }
        }

        alignas(sizeof(T)) T value_;  // so that no size needs a library call
    };

    /// A field that a lock protects. It costs nothing; an instrumented family records its accesses.
    template <class T>
    class plain {
    public:
        constexpr plain() noexcept : value_{} {}
        constexpr plain(T value) noexcept : value_{value} {}
        constexpr plain& operator=(T value) noexcept {
            value_ = value;
            return *this;
        }
        [[nodiscard]] constexpr operator T() const noexcept { return value_; }
        [[nodiscard]] constexpr T get() const noexcept { return value_; }
        constexpr T operator->() const noexcept
            requires std::is_pointer_v<T>
        {
            return value_;
        }

    private:
        T value_;
    };

    static void fence(order o) noexcept { __atomic_thread_fence(static_cast<int>(o)); }

    /// Told to the processor inside a loop that waits for another thread.
    static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ __volatile__("yield" ::: "memory");
#else
        __asm__ __volatile__("" ::: "memory");
#endif
    }
};

/// For maps that one thread uses: the same interface over plain memory, no locked instruction.
struct single {
    template <class T>
    class atomic {
    public:
        constexpr atomic() noexcept : value_{} {}
        constexpr explicit atomic(T value) noexcept : value_{value} {}
        atomic(const atomic&) = delete;
        atomic& operator=(const atomic&) = delete;

        [[nodiscard]] T load(order) const noexcept { return value_; }
        void store(T value, order) noexcept { value_ = value; }
        T exchange(T value, order) noexcept {
            T old = value_;
            value_ = value;
            return old;
        }
        [[nodiscard]] bool compare_exchange(T& expected, T desired, order) noexcept {
            if (value_ != expected) {
                expected = value_;
                return false;
            }
            value_ = desired;
            return true;
        }
        T fetch_add(T operand, order) noexcept
            requires std::integral<T>
        {
            return exchange(static_cast<T>(value_ + operand), order::relaxed);
        }
        T fetch_sub(T operand, order) noexcept
            requires std::integral<T>
        {
            return exchange(static_cast<T>(value_ - operand), order::relaxed);
        }
        T fetch_or(T operand, order) noexcept
            requires std::integral<T>
        {
            return exchange(static_cast<T>(value_ | operand), order::relaxed);
        }
        T fetch_and(T operand, order) noexcept
            requires std::integral<T>
        {
            return exchange(static_cast<T>(value_ & operand), order::relaxed);
        }

    private:
        T value_;
    };

    template <class T>
    using plain = builtin::plain<T>;

    static void fence(order) noexcept {}
    static void pause() noexcept {}
};

}  // namespace atomics

/// A field that a lock protects: made from nothing or from a value, assigned, and read as a value.
template <class P, class T>
concept plain_field = std::is_nothrow_default_constructible_v<P> && requires(P& field, T value) {
    { P{value} } noexcept;
    { field = value } noexcept;
    { static_cast<T>(field) } noexcept;
} && std::convertible_to<P&, T>;

/// The atomics axis, asked of one word and one pointer.
template <class A>
concept atomics_family =
    requires(typename A::template atomic<std::uint32_t>& word,
             typename A::template atomic<void*>& pointer, std::uint32_t& expected, void* value) {
        // Reads, with an order.
        { word.load(order::acquire) } noexcept -> std::same_as<std::uint32_t>;
        { pointer.load(order::acquire) } noexcept -> std::same_as<void*>;
        // Writes, with an order.
        { word.store(1U, order::release) } noexcept;
        { pointer.store(value, order::release) } noexcept;
        // Read-modify-writes; each returns what was there before.
        { word.exchange(1U, order::acq_rel) } noexcept -> std::same_as<std::uint32_t>;
        { word.fetch_add(1U, order::relaxed) } noexcept -> std::same_as<std::uint32_t>;
        { word.fetch_sub(1U, order::release) } noexcept -> std::same_as<std::uint32_t>;
        { word.fetch_or(1U, order::relaxed) } noexcept -> std::same_as<std::uint32_t>;
        { word.fetch_and(1U, order::relaxed) } noexcept -> std::same_as<std::uint32_t>;
        // Strong compare and exchange; false leaves the object as it was.
        { word.compare_exchange(expected, 1U, order::acq_rel) } noexcept -> std::same_as<bool>;
        // A fence, and the hint of a waiting loop.
        { A::fence(order::seq_cst) } noexcept;
        { A::pause() } noexcept;
    } && plain_field<typename A::template plain<void*>, void*> &&
    std::is_nothrow_default_constructible_v<typename A::template atomic<std::uint32_t>>;

static_assert(atomics_family<atomics::builtin> && atomics_family<atomics::single>);

}  // namespace rmap::inline RMAP_ABI
