// SPDX-License-Identifier: BSL-1.0
#pragma once

// anon_vma: what the vmas have in common through which one anonymous page may be mapped. A page
// points to one; its chains (the topology's business) lead to the vmas. Forks make a tree of them:
// each knows the root, whose lock guards the whole tree under locking::root (Linux since 2.6.36,
// 012f18004da3).
//
// The type depends on the policy alone, so that a user's vma and page can hold pointers to it.

#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/core/lock_rank.hpp>

namespace rmap::inline RMAP_ABI {

namespace detail {

template <class Policy>
struct no_locking_slot {};

template <class Policy, class L>
struct locking_slot {
    using type = no_locking_slot<Policy>;
};
template <class Policy, class L>
    requires requires { typename L::template slot<Policy>; }
struct locking_slot<Policy, L> {
    using type = typename L::template slot<Policy>;
};

}  // namespace detail

template <class Policy>
class anon_vma {
    using atomics = typename Policy::atomics;
    template <class T>
    using atomic = typename atomics::template atomic<T>;
    template <class T>
    using plain = typename atomics::template plain<T>;

public:
    using lock_type = typename Policy::lock;
    using anchor_type = typename Policy::topology::template anchor<Policy>;

    anon_vma() noexcept : root{this}, parent{this} {}
    anon_vma(const anon_vma&) = delete;
    anon_vma& operator=(const anon_vma&) = delete;

    /// Whether this is the oldest of its fork tree. Reads `root`, and nothing through it.
    [[nodiscard]] bool is_root() const noexcept { return root.load(order::relaxed) == this; }

    // The tree lock where this is a root, the lock of this anon_vma alone under disciplines that
    // lock each. Constructed once for the life of the memory, never again when the memory is
    // recycled: a reader of a stale page may be waiting for it (I12).
    lock_of_rank<Policy, lock_rank::tree> lock{};

    // References: one while any vma is linked, one for each anon_vma whose root this is (other than
    // itself), one for each outside user (ksm item, migration). At zero the object is free.
    // Orders and proof stand where it is changed: ops/reference.hpp.
    atomic<std::uint32_t> refs{0};

    // Read by anyone, without a lock, since memory may be recycled under a reader. Written only
    // while no vma is linked (creation, before publication).
    atomic<anon_vma*> root;

    // The rest is read holding the tree lock (shared or exclusive), written holding it exclusively;
    // while the object is free `parent` belongs to the lifetime policy's free list.
    plain<anon_vma*> parent;                   // the forking vma's own anon_vma; a root is its own
    plain<std::uint32_t> num_children{0};  // anon_vmas whose parent this is; a root counts itself
    plain<std::uint32_t> num_active_vmas{0};   // vmas whose own anon_vma this is
    [[no_unique_address]] anchor_type links{};  // to the vmas
    plain<bool> taken{false};  // by take_all_locks; also needs the map's mutex for it

    // What the discipline keeps here, by its own rules; most keep nothing.
    [[no_unique_address]]
    typename detail::locking_slot<Policy, typename Policy::locking>::type locking{};
};

}  // namespace rmap::inline RMAP_ABI
