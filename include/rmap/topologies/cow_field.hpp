// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_field: a field of topologies::cow_tree that a glance reads without the tree lock
// (cow_glance.hpp). Where the policy allows glances it is an atomic one; everywhere else it is a
// plain field, and costs what that costs. Either way it is written holding the tree lock
// exclusively, or by who alone knows the object.

#include <type_traits>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/locks/guard.hpp>

namespace rmap::inline RMAP_ABI {

/// Whether walks may glance: who looks past the lock is told of writers, and memory to which a
/// stale pointer leads stays what it was.
template <class Policy>
inline constexpr bool cow_glances =
    optimistic_lock<typename Policy::lock>&& Policy::lifetime::stale_pointers_are_readable;

/// With the interface of a plain field.
template <class Policy, class T>
class cow_glanced {
public:
    cow_glanced() noexcept = default;
    cow_glanced(T value) noexcept : value_{value} {}
    cow_glanced& operator=(T value) noexcept {
        if constexpr (std::is_pointer_v<T>) {
            // As get() says. A lock whose taking ends in a release fence makes it redundant.
            value_.store(value, order::release);
        } else {
            value_.store(value, order::relaxed);  // the lock's sequence tells whether it counts
        }
        return *this;
    }
    [[nodiscard]] operator T() const noexcept { return get(); }
    [[nodiscard]] T get() const noexcept {
        if constexpr (std::is_pointer_v<T>) {
            //   Orders:     the making of an object before the use of a pointer to it.
            //   Pairs with: the store in operator=.
            //   Otherwise:  T1 makes a block, files it | T2, in a glance, finds it, and reads how
            //               many entries it has room for from what the memory was before: it reads
            //               behind the end, where no later look at the lock helps.
            //   Proved by:  tests/explore/cow_glance_test.cpp
            return value_.load(order::acquire);
        } else {
            return value_.load(order::relaxed);
        }
    }
    T operator->() const noexcept requires std::is_pointer_v<T> { return get(); }

private:
    typename Policy::atomics::template atomic<T> value_{};
};

template <class Policy, class T>
using cow_field = std::conditional_t<cow_glances<Policy>, cow_glanced<Policy, T>,
                                     typename Policy::atomics::template plain<T>>;

}  // namespace rmap::inline RMAP_ABI
