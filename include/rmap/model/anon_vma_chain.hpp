// SPDX-License-Identifier: BSL-1.0
#pragma once

// anon_vma_chain (avc): the link between one vma and one anon_vma it is attached to. It hangs in
// two places: in the vma's chain (newest anon_vma first, oldest ancestor last) and in the
// anon_vma's tree. Source: Linux 5beb49305251 (2.6.34); the tree instead of a list since
// bf181b9f9d8d (3.7).

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/core/interval_node.hpp>
#include <rmap/core/list.hpp>
#include <rmap/model/vma.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy>
class anon_vma;

// The list node is the link's place in the chain of its vma: read holding the address space's lock
// OR the tree lock, written holding the tree lock exclusively AND EITHER the address space's lock
// exclusively OR its page_table_lock. The interval node is its place under the anon_vma: read
// holding the tree lock, written holding it exclusively.
template <class Policy>
class anon_vma_chain : public list_node<typename Policy::atomics>,
                       public interval_node<typename Policy::atomics> {
    template <class T>
    using plain = typename Policy::atomics::template plain<T>;

public:
    /// What it links. Before it hangs anywhere.
    void ties(vma_hook<Policy>& vma, anon_vma<Policy>& to) noexcept {
        vma_ = &vma;
        to_ = &to;
    }
    [[nodiscard]] vma_hook<Policy>& vma() const noexcept { return *vma_.get(); }
    [[nodiscard]] anon_vma<Policy>& to() const noexcept { return *to_.get(); }

private:
    // Never change while linked.
    plain<vma_hook<Policy>*> vma_{nullptr};
    plain<anon_vma<Policy>*> to_{nullptr};
};

}  // namespace rmap::inline RMAP_ABI
