// SPDX-License-Identifier: BSL-1.0
#pragma once

// Which lock is explored in the place of a user's: the same template over the explorer's atomics.
// It is found where the lock's first template argument is an atomics family:
//
//     template <class Atomics> class basic_my_lock { typename Atomics::template atomic<...> ... };
//     using my_lock = basic_my_lock<rmap::atomics::builtin>;
//
// A lock that hides its template behind a class of its own says so by a specialisation. One over
// std::atomic, or over what a system provides, cannot be explored: it has no explored form.

#include <concepts>

#include <rmap/core/atomics.hpp>
#include <rmap/verify/explore/model.hpp>
#include <rmap/verify/explore/model_lock.hpp>
#include <rmap/verify/explore/model_plain.hpp>

namespace rmap::inline RMAP_ABI::verify {

/// Specialise: `template <> struct explored_form<my_lock> { using type = basic_my_lock<model>; };`
template <class Lock>
struct explored_form {};

namespace detail {
// `model`, as a name that depends on an argument: clang 14 fails on one that does not.
template <class Atomics>
struct model_for {
    using type = model;
};
}  // namespace detail

template <template <atomics_family, class...> class Lock, atomics_family Atomics, class... Rest>
struct explored_form<Lock<Atomics, Rest...>> {
    using type = Lock<typename detail::model_for<Atomics>::type, Rest...>;
};

/// The lock of explorations is its own.
template <>
struct explored_form<model_lock> {
    using type = model_lock;
};

template <class Lock>
concept explorable = requires {
    typename explored_form<Lock>::type;
};

template <explorable Lock>
using explored_form_of = typename explored_form<Lock>::type;

}  // namespace rmap::inline RMAP_ABI::verify
