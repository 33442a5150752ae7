// SPDX-License-Identifier: BSL-1.0
#pragma once

// A physical page of the reference mm: the library's hook, a place in the LRU lists, a lock, flags,
// and counts of mappings and of references, in one word, as most references are those of mappings.
// It has no contents; what it stands for is decided by who shares it.

#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/list.hpp>
#include <rmap/core/lock_rank.hpp>
#include <rmap/mm/page_flags.hpp>
#include <rmap/model/ksm.hpp>
#include <rmap/model/page.hpp>

namespace rmap::inline RMAP_ABI::mm {

template <class Policy>
class page : public page_hook<Policy>, public list_node<typename Policy::atomics> {
    using atomics = typename Policy::atomics;

public:
    /// Keeps tag and content steady: faults that map a page of a file, migration, truncation and
    /// ksm hold it.
    lock_of_rank<Policy, lock_rank::page> lock{};
    /// Who may change which: mm/page_flags.hpp.
    page_flags<Policy> flags{};

    /// One reference for each page-table entry, one of the file's cache, one of whoever works with
    /// the page. At zero it is freed. Readers need a reference, or a lock that keeps an entry in
    /// place.
    //   Orders:     nothing: the caller has a reference, or a lock under which there is one.
    //   Pairs with: nothing; the last drop comes later in the order of the count itself.
    //   Otherwise:  the count is right in any order; nothing is read by it.
    //   Proved by:  tests/explore/mm_orders_test.cpp
    void get() noexcept { counts_.fetch_add(reference, order::relaxed); }
    //   Orders:     all use of the page, by every holder, before its memory is used anew.
    //   Pairs with: the other droppers' fetch_sub.
    //   Otherwise:  T1 reads the page, drops its reference | T2 drops the last one and frees it,
    //               T1's read is not yet done.
    //   Proved by:  tests/explore/mm_orders_test.cpp
    [[nodiscard]] bool drop() noexcept {
        return references(counts_.fetch_sub(reference, order::acq_rel)) == 1;
    }

    /// One more, unless there is none any more: for who found the page on an LRU list.
    //   Orders:     nothing: who then works with the page takes its lock, or that of an entry.
    //   Pairs with: nothing.
    //   Otherwise:  a stale count fails to compare, and is read again.
    //   Proved by:  tests/explore/lru_test.cpp
    [[nodiscard]] bool try_get() noexcept {
        std::uint64_t seen = counts_.load(order::relaxed);
        while (references(seen) != 0) {
            if (counts_.compare_exchange(seen, seen + reference, order::relaxed)) return true;
        }
        return false;
    }

    /// One more page-table entry; the page MUST be tagged before the first. The entry takes over a
    /// reference of the caller's, or gets one.
    //   Orders, Pairs with, Otherwise, Proved by: basic_page::add_mapping.
    void add_mapping() noexcept { counts_.fetch_add(mapping, order::release); }
    void add_mapping_and_get() noexcept { counts_.fetch_add(mapping + reference, order::release); }
    /// One less, and its reference; true if that was the last one.
    //   Orders, Pairs with, Otherwise, Proved by: basic_page::remove_mapping, and drop.
    [[nodiscard]] bool remove_mapping() noexcept {
        return references(counts_.fetch_sub(mapping + reference, order::acq_rel)) == 1;
    }
    /// One less, whose reference stays with the caller.
    //   Orders, Pairs with, Otherwise: basic_page::remove_mapping.
    //   Proved by:  tests/explore/mm_orders_test.cpp
    void remove_mapping_and_keep() noexcept { counts_.fetch_sub(mapping, order::release); }

    [[nodiscard]] std::uint32_t mapcount() const noexcept {
        return static_cast<std::uint32_t>(counts_.load(order::acquire));
    }
    [[nodiscard]] bool mapped() const noexcept { return mapcount() != 0; }

    /// A page that belongs to processes, not to a file.
    [[nodiscard]] bool anonymous() const noexcept {
        return this->kind() == page_kind::anon || this->kind() == page_kind::ksm;
    }
    [[nodiscard]] bool ksm() const noexcept { return this->kind() == page_kind::ksm; }

    // Of a merged page, the node that its tag leads to. Written before the page is mapped, or
    // holding the page lock.
    typename atomics::template plain<ksm_node<Policy>*> node{nullptr};
    // In a chain of mm/dead_pages.hpp: used by the one thread that has taken the flag munlocking,
    // or that frees the page.
    typename atomics::template plain<page*> next{nullptr};

private:
    static constexpr std::uint64_t mapping = 1;
    static constexpr std::uint64_t reference = std::uint64_t{1} << 32;
    [[nodiscard]] static constexpr std::uint64_t references(std::uint64_t counts) noexcept {
        return counts >> 32;
    }

    typename atomics::template atomic<std::uint64_t> counts_{reference};
};

}  // namespace rmap::inline RMAP_ABI::mm
