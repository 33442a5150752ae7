// SPDX-License-Identifier: BSL-1.0
#pragma once

// A sparse table from page numbers to entries: the page table of an address space, and the page
// cache of a file (by offset). Leaves of 64 entries hang in a tree; each has a lock for its
// entries.

#include <bit>
#include <cstdint>
#include <new>

#include <rmap/core/interval_tree.hpp>
#include <rmap/core/lock_rank.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/types.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/mm/page.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::mm {

/// A page-table entry: empty, the zero page, a page, or a marker in the place of a page that is
/// being migrated. A marker counts as no mapping; who meets one waits for the page's lock.
template <class Policy>
class pte {
public:
    constexpr pte() noexcept = default;
    [[nodiscard]] static pte of(page<Policy>& p) noexcept { return pte{address(p)}; }
    [[nodiscard]] static pte marker(page<Policy>& p) noexcept {
        return pte{address(p) | marker_bit};
    }
    [[nodiscard]] static constexpr pte zero_page() noexcept { return pte{zero_bit}; }

    [[nodiscard]] constexpr bool empty() const noexcept { return word_ == 0; }
    [[nodiscard]] constexpr bool is_zero_page() const noexcept { return word_ == zero_bit; }
    [[nodiscard]] constexpr bool is_marker() const noexcept { return (word_ & marker_bit) != 0; }
    /// The page mapped here, or null.
    [[nodiscard]] page<Policy>* mapped() const noexcept {
        return (word_ & (marker_bit | zero_bit)) == 0 ? pointer() : nullptr;
    }
    /// The page that a marker stands for.
    [[nodiscard]] page<Policy>* awaited() const noexcept {
        return is_marker() ? pointer() : nullptr;
    }

    friend constexpr bool operator==(pte, pte) noexcept = default;

private:
    static constexpr std::uintptr_t marker_bit = 1;
    static constexpr std::uintptr_t zero_bit = 2;

    constexpr explicit pte(std::uintptr_t word) noexcept : word_{word} {}
    [[nodiscard]] static std::uintptr_t address(page<Policy>& p) noexcept {
        return reinterpret_cast<std::uintptr_t>(&p);
    }
    [[nodiscard]] page<Policy>* pointer() const noexcept {
        return reinterpret_cast<page<Policy>*>(word_ & ~(marker_bit | zero_bit));
    }

    std::uintptr_t word_ = 0;
};

/// Which entries of a leaf lie in a locked vma: where walks cannot ask the vma.
template <class Policy, bool Exact>
class locked_entries {
public:
    [[nodiscard]] bool test(pgno) const noexcept { return false; }
    void set(pgno, bool) noexcept {}
};
template <class Policy>
class locked_entries<Policy, true> {
public:
    [[nodiscard]] bool test(pgno bit) const noexcept { return ((bits_ >> bit) & 1) != 0; }
    void set(pgno bit, bool to) noexcept {
        const std::uint64_t one = std::uint64_t{1} << bit;
        bits_ = to ? bits_ | one : bits_ & ~one;
    }

private:
    typename Policy::atomics::template plain<std::uint64_t> bits_{0};
};

/// 64 entries from a multiple of 64 on.
template <class Policy>
class leaf : public interval_node<typename Policy::atomics> {
    template <class T>
    using plain = typename Policy::atomics::template plain<T>;

public:
    static constexpr pgno entries = 64;

    explicit leaf(pgno any) noexcept : first{any - any % entries} {}

    const pgno first;
    lock_of_rank<Policy, lock_rank::pte> lock{};

    // Read and written holding the lock.
    [[nodiscard]] pte<Policy> at(pgno where) const noexcept { return slots_[where % entries]; }
    void set(pgno where, pte<Policy> to) noexcept {
        const std::uint64_t bit = std::uint64_t{1} << (where % entries);
        slots_[where % entries] = to;
        used_ = to.empty() ? used_ & ~bit : used_ | bit;
        if (to.empty()) locked_.set(where % entries, false);
    }
    /// For exact topologies: whether the entry lies in a locked vma.
    [[nodiscard]] bool locked(pgno where) const noexcept { return locked_.test(where % entries); }
    void set_locked(pgno where, bool to) noexcept { locked_.set(where % entries, to); }
    [[nodiscard]] bool empty() const noexcept { return used_ == 0; }

    /// f(where, entry) for each entry in use in [from, to), ascending, until f returns false. f may
    /// set the entry that it was given. Returns whether it came to the end.
    template <class F>
    bool for_each(pgno from, pgno to, F f) {
        std::uint64_t rest = used_;
        if (from > first) rest &= ~std::uint64_t{0} << (from - first);
        if (to - first < entries) rest &= ~(~std::uint64_t{0} << (to - first));
        for (; rest != 0; rest &= rest - 1) {
            const pgno where = first + static_cast<pgno>(std::countr_zero(rest));
            if (!f(where, at(where))) return false;
        }
        return true;
    }

private:
    plain<std::uint64_t> used_{0};
    plain<pte<Policy>> slots_[entries]{};
    [[no_unique_address]] locked_entries<Policy, is_exact<typename Policy::topology>> locked_{};
};

/// The table. Leaves are made by anyone who holds the owner's lock shared, and go only when the
/// owner has them to itself and no walk can reach the addresses any more; so a leaf that was found
/// stays.
template <class Policy>
class page_table {
    using leaf_type = leaf<Policy>;
    using node = interval_node<typename Policy::atomics>;
    struct by_number {
        static std::uint64_t first(const node& n) noexcept {
            return static_cast<const leaf_type&>(n).first;
        }
        static std::uint64_t last(const node& n) noexcept {
            return static_cast<const leaf_type&>(n).first + leaf_type::entries - 1;
        }
    };
    using tree = interval_tree<typename Policy::atomics, by_number>;

public:
    // Protects the tree of leaves.
    lock_of_rank<Policy, lock_rank::page_table> lock{};

    /// The leaf that `where` lies in, or null.
    [[nodiscard]] leaf_type* find(pgno where) noexcept {
        const read_guard<typename Policy::lock> guard{lock};
        return static_cast<leaf_type*>(tree::first_overlap(leaves_, where, where));
    }

    /// The first leaf that has any of [from, to), or null.
    [[nodiscard]] leaf_type* first_in(pgno from, pgno to) noexcept {
        if (from >= to) return nullptr;
        const read_guard<typename Policy::lock> guard{lock};
        return static_cast<leaf_type*>(tree::first_overlap(leaves_, from, to - 1));
    }

    /// f(leaf) for each leaf that has any of [from, to), ascending, without the lock; f returns
    /// void.
    template <class F>
    void for_each_leaf(pgno from, pgno to, F f) {
        for (leaf_type* l = first_in(from, to); l != nullptr;) {
            const pgno next = l->first + leaf_type::entries;
            f(*l);
            l = first_in(next, to);
        }
    }

    /// The leaf of `where`, made if there is none; null without memory.
    template <memory_source Memory>
    [[nodiscard]] leaf_type* make(Memory& memory, pgno where) {
        if (leaf_type* found = find(where)) return found;
        void* block = memory.allocate(sizeof(leaf_type), alignof(leaf_type));
        if (block == nullptr) return nullptr;
        auto* const fresh = ::new (block) leaf_type{where};
        leaf_type* there = nullptr;
        {
            const write_guard<typename Policy::lock> guard{lock};
            there = static_cast<leaf_type*>(tree::first_overlap(leaves_, where, where));
            if (there == nullptr) tree::insert(leaves_, *fresh);
        }
        if (there == nullptr) return fresh;
        destroy(memory, *fresh);
        return there;
    }

    /// Takes a leaf out and frees it: see above who may.
    template <memory_source Memory>
    void remove(Memory& memory, leaf_type& l) noexcept {
        {
            const write_guard<typename Policy::lock> guard{lock};
            tree::erase(leaves_, l);
        }
        destroy(memory, l);
    }

private:
    template <memory_source Memory>
    static void destroy(Memory& memory, leaf_type& l) noexcept {
        l.~leaf_type();
        memory.deallocate(&l, sizeof(leaf_type), alignof(leaf_type));
    }

    interval_root<typename Policy::atomics> leaves_{};
};

}  // namespace rmap::inline RMAP_ABI::mm
