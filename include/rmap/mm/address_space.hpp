// SPDX-License-Identifier: BSL-1.0
#pragma once

// An address space ("mm"): its vmas by address, its page table, and the lock over both.

#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/interval_tree.hpp>
#include <rmap/core/list.hpp>
#include <rmap/core/lock_rank.hpp>
#include <rmap/core/types.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/mm/page_table.hpp>
#include <rmap/mm/vma.hpp>
#include <rmap/model/ksm.hpp>
#include <rmap/model/vma.hpp>

namespace rmap::inline RMAP_ABI::mm {

/// In the place of a lock that nobody takes.
struct no_chain_lock {};

template <class Policy>
class address_space : public list_node<typename Policy::atomics> {
    using vma_type = vma<Policy>;
    using node = interval_node<typename Policy::atomics>;
    struct by_address {
        static vma_type& vma_of(const node& n) noexcept {
            auto& hook = static_cast<const space_hook<Policy>&>(n);
            return static_cast<vma_type&>(const_cast<space_hook<Policy>&>(hook));
        }
        static std::uint64_t first(const node& n) noexcept { return vma_of(n).start(); }
        static std::uint64_t last(const node& n) noexcept { return vma_of(n).end() - 1; }
    };
    using tree = interval_tree<typename Policy::atomics, by_address>;

public:
    /// Exclusive for every change of vmas, shared for faults: lock_rank::mmap.
    lock_of_rank<Policy, lock_rank::mmap> mmap_lock{};
    /// Taken around changes of chains, if the discipline asks for it.
    [[no_unique_address]] std::conditional_t<locks_whole_chains<typename Policy::locking>,
                                             lock_of_rank<Policy, lock_rank::chain>, no_chain_lock>
        anon_vma_chain_lock{};
    page_table<Policy> table{};
    /// Whatever name the user gives it.
    std::uint64_t label = 0;

    /// The memory stays after exit while a merged page names the address space: walks of such pages
    /// tell address spaces by their addresses. The owner has one pin.
    //   Orders, Pairs with, Otherwise, Proved by: page::get.
    void pin() noexcept { pins_.fetch_add(1, order::relaxed); }
    //   Orders:     all use of the space, by every holder, before its memory is used anew.
    //   Pairs with: the other droppers' fetch_sub.
    //   Otherwise:  T1 leaves the space, drops its pin | T2 drops the last one and frees the
    //               memory, T1's access is not yet done.
    //   Proved by:  tests/explore/mm_orders_test.cpp
    [[nodiscard]] bool unpin() noexcept { return pins_.fetch_sub(1, order::acq_rel) == 1; }

    // ---- the index: read holding the mmap_lock, changed holding it exclusively
    // ---------------------

    /// The vma that `where` lies in, or null.
    [[nodiscard]] vma_type* find(pgno where) const noexcept { return first_in(where, where + 1); }

    /// The first vma that has any of [from, to), or null.
    [[nodiscard]] vma_type* first_in(pgno from, pgno to) const noexcept {
        if (from >= to) return nullptr;
        node* const n = tree::first_overlap(vmas_, from, to - 1);
        return n == nullptr ? nullptr : &by_address::vma_of(*n);
    }

    /// The vma that ends where another page begins, and the one that begins there.
    [[nodiscard]] vma_type* ending_at(pgno where) const noexcept {
        return where == 0 ? nullptr : find(where - 1);
    }
    [[nodiscard]] vma_type* beginning_at(pgno where) const noexcept { return find(where); }

    /// The next vma in order, or null.
    [[nodiscard]] vma_type* next(const vma_type& v) const noexcept {
        const space_hook<Policy>& at = v;
        node* const n = tree::next(at);
        return n == nullptr ? nullptr : &by_address::vma_of(*n);
    }

    /// Whether [from, to) has no hole.
    [[nodiscard]] bool covers(pgno from, pgno to) const noexcept {
        while (from < to) {
            const vma_type* v = find(from);
            if (v == nullptr) return false;
            from = v->end();
        }
        return true;
    }

    /// f(vma) for each vma that has any of [from, to), ascending; f may take that vma away.
    template <class F>
    void for_each(pgno from, pgno to, F f) const {
        while (vma_type* v = first_in(from, to)) {
            from = v->end();
            f(*v);
        }
    }

    /// A vma goes in after its range is set, and comes out before it changes.
    void insert(vma_type& v) noexcept { tree::insert(vmas_, hook(v)); }
    void erase(vma_type& v) noexcept { tree::erase(vmas_, hook(v)); }

    [[nodiscard]] bool empty() const noexcept { return vmas_.empty(); }

private:
    static space_hook<Policy>& hook(vma_type& v) noexcept { return v; }

    interval_root<typename Policy::atomics> vmas_{};
    typename Policy::atomics::template atomic<std::uint32_t> pins_{1};
};

/// A place of a merged page. It pins its address space: another that gets the same memory would be
/// taken for it, and a walk would visit that one first, though its entries may be copied from one
/// that is visited later (mm/fork.hpp).
template <class Policy>
class merged_place : public ksm_item<Policy> {
public:
    // Written before the place is in a node, by the only thread that knows it.
    address_space<Policy>* in = nullptr;
};

}  // namespace rmap::inline RMAP_ABI::mm

namespace rmap::inline RMAP_ABI {

/// The lock that serialises first faults is the one over the page table's leaves.
template <class Policy>
struct mm_traits<mm::address_space<Policy>> {
    static auto& page_table_lock(mm::address_space<Policy>& m) noexcept { return m.table.lock; }
    static auto& anon_vma_chain_lock(mm::address_space<Policy>& m) noexcept {
        return m.anon_vma_chain_lock;
    }
    static auto* find_vma(mm::address_space<Policy>& m, pgno at) noexcept { return m.find(at); }
};

}  // namespace rmap::inline RMAP_ABI
