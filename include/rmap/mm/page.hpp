// SPDX-License-Identifier: BSL-1.0
#pragma once

// A physical page of the reference mm: the library's hook and count of mappings, a lock, references.
// It has no contents; what it stands for is decided by who shares it.

#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/model/ksm.hpp>
#include <rmap/model/page.hpp>

namespace rmap::inline RMAP_ABI::mm {

template <class Policy>
class page : public basic_page<Policy> {
    using atomics = typename Policy::atomics;

public:
    /// Keeps tag and content steady: faults that map a page of a file, migration, truncation and ksm
    /// hold it. lock_rank::page.
    typename Policy::lock lock{};

    /// One reference for each page-table entry, one of the file's cache, one of whoever works with the
    /// page. At zero it is freed. Readers need a reference, or a lock that keeps an entry in place.
    void get() noexcept { refs_.fetch_add(1, order::relaxed); }
    //   Orders:     all use of the page, by every holder, before its memory is used anew.
    //   Pairs with: the other droppers' fetch_sub.
    //   Otherwise:  T1 reads the page, drops its reference | T2 drops the last one and frees it, T1's
    //               read is not yet done.
    //   Proved by:  tests/stress/mm_test.cpp
    [[nodiscard]] bool drop() noexcept { return refs_.fetch_sub(1, order::acq_rel) == 1; }

    /// A page that belongs to processes, not to a file.
    [[nodiscard]] bool anonymous() const noexcept {
        return this->kind() == page_kind::anon || this->kind() == page_kind::ksm;
    }
    [[nodiscard]] bool ksm() const noexcept { return this->kind() == page_kind::ksm; }

    // Of a merged page, the node that its tag leads to. Written before the page is mapped, or holding the
    // page lock.
    typename atomics::template plain<ksm_node<Policy>*> node{nullptr};
    // Used by the one thread that frees the page (mm/pages.hpp).
    page* next_dead = nullptr;

private:
    typename atomics::template atomic<std::uint32_t> refs_{1};
};

}  // namespace rmap::inline RMAP_ABI::mm
