// SPDX-License-Identifier: BSL-1.0
#pragma once

// What a vma carries under every topology of ours: its own anon_vma, in which its first private
// page was born. A base of the topologies and of their hooks.

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/core/list.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy>
class anon_vma;

namespace topologies {

struct own_anon_vma;

template <class Policy>
class own_hook {
public:
    own_hook() noexcept = default;
    own_hook(const own_hook&) = delete;
    own_hook& operator=(const own_hook&) = delete;

private:
    friend own_anon_vma;
    // Null while unfaulted. Read by anyone who keeps the vma alive; written as the chain is.
    typename Policy::atomics::template atomic<anon_vma<Policy>*> own_{};
};

/// In the place of a link, under topologies that need no object for one.
template <class Policy>
class no_link : public list_node<typename Policy::atomics> {};

struct own_anon_vma {
    /// The vma's own anon_vma; null if unfaulted. Needs no lock.
    //   Orders:     the chain and the anon_vma behind the pointer before their use.
    //   Pairs with: set_own().
    //   Otherwise:  T1 prepares the vma: publishes own, then links | T2 faults, sees own, tags a
    //               page; T3 walks from the page and meets an empty tree, or memory's earlier life
    //               (seed 000; Linux d9d332e0874f).
    //   Proved by:  tests/explore/orders_test.cpp
    template <class Policy>
    [[nodiscard]] static anon_vma<Policy>* own(const own_hook<Policy>& v) noexcept {
        return v.own_.load(rmap::order::acquire);
    }

    /// Publishes it, when the chain is complete. Under the update guard.
    //   Orders, Pairs with, Otherwise, Proved by: own().
    template <class Policy>
    static void set_own(own_hook<Policy>& v, anon_vma<Policy>* av) noexcept {
        v.own_.store(av, rmap::order::release);
    }
};

}  // namespace topologies

}  // namespace rmap::inline RMAP_ABI
