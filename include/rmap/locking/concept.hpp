// SPDX-License-Identifier: BSL-1.0
#pragma once

// The locking axis: which locks an update of chains and a walk over them take. A discipline states
// what its walks are worth; generic code asks (compat.hpp) instead of naming disciplines.
//
//   root   one lock for a whole fork tree (Linux since 2.6.36)

#include <concepts>
#include <type_traits>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy>
class anon_vma;

/// How a walk takes its lock.
enum class walk_mode : unsigned char {
    wait,      // until it has it
    try_lock,  // or not at all: the walk's status is then `contended`
};

/// A locking discipline, for a given policy.
template <class L, class Policy>
concept locking_discipline = requires(anon_vma<Policy>& av, walk_mode mode) {
    // Whether a walk meets every place where the page is mapped during the whole walk (I1).
    { L::walk_is_complete } -> std::convertible_to<bool>;
    // A guard: all chains of the fork tree that `av` belongs to may be changed. Made from nothing
    // it holds nothing.
    typename L::template update<Policy>;
    requires std::is_nothrow_constructible_v<typename L::template update<Policy>,
                                             anon_vma<Policy>&>;
    requires std::is_nothrow_default_constructible_v<typename L::template update<Policy>>;
    // False only if the caller surely holds no update guard for `av`: for the checks of debug
    // level 2.
    { L::template may_update<Policy>(av) } noexcept -> std::same_as<bool>;
    // A guard: the chains of `av` stand still. owns() is false if the mode is try_lock and it had
    // to wait.
    typename L::template walk<Policy>;
    requires std::is_nothrow_constructible_v<typename L::template walk<Policy>, anon_vma<Policy>&,
                                             walk_mode>;
    requires requires(const typename L::template walk<Policy>& w) {
        { w.owns() } noexcept -> std::same_as<bool>;
        // Whether `av` still belongs to what was locked: a recycled one may not.
        { w.covers(av) } noexcept -> std::same_as<bool>;
    };
};

}  // namespace rmap::inline RMAP_ABI
