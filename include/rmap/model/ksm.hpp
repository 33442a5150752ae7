// SPDX-License-Identifier: BSL-1.0
#pragma once

// ksm_node: a page that stands for several pages of the same content ("same-page merging"). The
// page is tagged with the node; the node lists where the merged pages had been: for each an address
// space, an address and a referenced anon_vma, through which the copies in forked children are
// found.

#include <rmap/core/config.hpp>
#include <rmap/core/list.hpp>
#include <rmap/core/lock_rank.hpp>
#include <rmap/core/types.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy>
class anon_vma;

/// One place that was merged into a node. The user owns the memory; the item holds a reference on
/// the anon_vma from ksm_add to ksm_remove.
template <class Policy>
class ksm_item : public list_node<typename Policy::atomics> {
    template <class T>
    using plain = typename Policy::atomics::template plain<T>;

public:
    // Read and written holding the node's lock.
    plain<anon_vma<Policy>*> from{nullptr};
    plain<const void*> mm{
        nullptr};  // address of the user's address space, compared, never followed
    plain<pgno> address{0};
};

/// The node of one merged page. Its lock is outside the tree locks in the lock order.
template <class Policy>
class ksm_node {
public:
    lock_of_rank<Policy, lock_rank::ksm> lock{};
    // Read holding the lock (shared or exclusive), written holding it exclusively.
    list<typename Policy::atomics> items{};
};

}  // namespace rmap::inline RMAP_ABI
