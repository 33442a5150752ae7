// SPDX-License-Identifier: BSL-1.0
#pragma once

// A file (or shared memory) of the reference mm: a size, the pages that are in memory, and the vmas
// that map it.

#include <rmap/core/atomics.hpp>
#include <rmap/core/list.hpp>
#include <rmap/core/lock_rank.hpp>
#include <rmap/core/types.hpp>
#include <rmap/mm/page_table.hpp>
#include <rmap/mm/vma.hpp>
#include <rmap/model/i_mmap.hpp>

namespace rmap::inline RMAP_ABI::mm {

/// The vmas that map a file, with the way back from a page of it to the file.
template <class Policy>
class file_mappings : public i_mmap<Policy> {
public:
    explicit file_mappings(file<Policy>& owner) noexcept : of{owner} {}
    file<Policy>& of;
};

template <class Policy>
class file : public list_node<typename Policy::atomics> {
public:
    file_mappings<Policy> mappings{*this};
    page_table<Policy> cache{};  // by offset; each entry holds a reference

    //   Orders:     nothing, on purpose. Without a lock the size is a guess; who adds a page asks
    //               again under the lock of a leaf that truncation takes after it set the size.
    //   Pairs with: nothing: those locks order the two.
    //   Otherwise:  without the second look: T1 makes the file shorter, drops its pages | T2 has
    //               seen the old size and adds a page past the end.
    //   Proved by:  tests/kill/mm.cpp, "a file shrinks beside a fault" under the memory model
    [[nodiscard]] pgno pages() const noexcept { return pages_.load(order::relaxed); }
    void set_pages(pgno pages) noexcept { pages_.store(pages, order::relaxed); }

    /// Serialises changes of the size; outside all other locks.
    lock_of_rank<Policy, lock_rank::operation> resize_lock{};

private:
    typename Policy::atomics::template atomic<pgno> pages_{};
};

template <class Policy>
i_mmap<Policy>* vma<Policy>::mapping() const noexcept {
    return as_.from == nullptr ? nullptr : &as_.from->mappings;
}

}  // namespace rmap::inline RMAP_ABI::mm
