// SPDX-License-Identifier: BSL-1.0
#pragma once

// Broken preconditions. Each check has a name (`double_link`, `destroyed_while_linked`, ...) that
// the policy's check hook receives; docs/checks.md lists them. The hook must not return.
//
//   struct my_checks {
//       [[noreturn]] static void failed(const char* name, const char* what, const char* file,
//                                       unsigned line) noexcept;
//   };
//
// The default calls rmap_panic, a documented symbol: hosted programs get a weak definition that
// prints and aborts; a freestanding program defines it.

#include <concepts>

#include <rmap/core/config.hpp>

extern "C" {
#if RMAP_HOSTED && !defined(RMAP_NO_DEFAULT_PANIC)
[[noreturn]] __attribute__((weak)) void rmap_panic(const char* name, const char* what,
                                                   const char* file, unsigned line) noexcept;
__attribute__((weak)) void rmap_panic(const char* name, const char* what, const char* file,
                                      unsigned line) noexcept {
    __builtin_printf("rmap: %s: %s (%s:%u)\n", name, what, file, line);
    __builtin_abort();
}
#else
[[noreturn]] void rmap_panic(const char* name, const char* what, const char* file,
                             unsigned line) noexcept;
#endif
}

namespace rmap::inline RMAP_ABI {

namespace checks {

/// The default: rmap_panic, which the program may define.
struct panic {
    [[noreturn]] static void failed(const char* name, const char* what, const char* file,
                                    unsigned line) noexcept {
        ::rmap_panic(name, what, file, line);
    }
};

}  // namespace checks

/// A check hook: called with the check's name, what was wrong, and the place in the library.
template <class C>
concept check_hook = requires(const char* text, unsigned line) {
    // Reports a broken precondition; does not return.
    { C::failed(text, text, text, line) } noexcept -> std::same_as<void>;
};

static_assert(check_hook<checks::panic>);

namespace detail {
template <class Policy>
using check_of = typename Policy::check;
}  // namespace detail

}  // namespace rmap::inline RMAP_ABI

// A named check at a debug level. `name` is an identifier.
#define RMAP_CHECK_ALWAYS(Policy, condition, name, what)                               \
    do {                                                                               \
        if (!(condition)) [[unlikely]] {                                               \
            ::rmap::detail::check_of<Policy>::failed(#name, what, __FILE__,            \
                                                     static_cast<unsigned>(__LINE__)); \
        }                                                                              \
    } while (false)

#if RMAP_DEBUG_LEVEL >= 1
#define RMAP_CHECK(Policy, condition, name, what) RMAP_CHECK_ALWAYS(Policy, condition, name, what)
#else
#define RMAP_CHECK(Policy, condition, name, what) static_cast<void>(0)
#endif

#if RMAP_DEBUG_LEVEL >= 2
#define RMAP_CHECK_HELD(Policy, condition, name, what) \
    RMAP_CHECK_ALWAYS(Policy, condition, name, what)
#else
#define RMAP_CHECK_HELD(Policy, condition, name, what) static_cast<void>(0)
#endif

// Costs as much as there are vmas under an anon_vma or a file, for every change.
#if RMAP_DEBUG_LEVEL >= 3
#define RMAP_CHECK_VALID(Policy, condition, name, what) \
    RMAP_CHECK_ALWAYS(Policy, condition, name, what)
#else
#define RMAP_CHECK_VALID(Policy, condition, name, what) static_cast<void>(0)
#endif
