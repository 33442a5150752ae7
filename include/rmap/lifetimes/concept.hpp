// SPDX-License-Identifier: BSL-1.0
#pragma once

// The lifetime axis: what the memory of an anon_vma becomes when its last reference goes, and
// thereby how a pointer that was read from a page is made safe.
//
//   type_stable   it stays an anon_vma and is used again: a reader may look at a stale one, and
//                 checks afterwards (Linux: a SLAB_TYPESAFE_BY_RCU cache)
//   caller_held   it goes back to the allocator: only for users who keep a page mapped (by the page
//                 lock, say) while they follow its tag

#include <concepts>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy>
class anon_vma;

/// A lifetime policy. Its pool lives in the map.
template <class L, class Policy>
concept anon_vma_lifetime = requires(typename L::template pool<Policy>& pool,
                                     typename Policy::allocator& memory, anon_vma<Policy>& av) {
    // Whether a reader may follow a tag without keeping the page mapped.
    { L::stale_pointers_are_readable } -> std::convertible_to<bool>;
    // A fresh anon_vma: its own root and parent, counts zero, one reference; null without memory.
    { pool.get(memory) } noexcept -> std::same_as<anon_vma<Policy>*>;
    // Takes back one without references.
    { pool.put(av, memory) } noexcept;
    // Gives all memory back; nobody else is in the map.
    { pool.clear(memory) } noexcept;
};

/// A pool may also give and take several at once, as a list through `parent` that ends in null: the
/// batch forms (ops/fork_all.hpp, ops/unlink_all.hpp) then take its lock once for many.
template <class Pool, class Policy>
concept pools_in_bulk = requires(Pool& pool, anon_vma<Policy>& first, unsigned most) {
    // Up to `most` that are free, each as get() gives it; null: none is. Allocates nothing.
    { pool.get_free(most) } noexcept -> std::same_as<anon_vma<Policy>*>;
    // Takes back a list of those without references.
    { pool.put_all(first) } noexcept;
};

}  // namespace rmap::inline RMAP_ABI
