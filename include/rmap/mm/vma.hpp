// SPDX-License-Identifier: BSL-1.0
#pragma once

// A vma of the reference mm, and the attributes that decide which vmas may become one.

#include <rmap/core/atomics.hpp>
#include <rmap/core/interval_node.hpp>
#include <rmap/mm/types.hpp>
#include <rmap/model/i_mmap.hpp>
#include <rmap/model/vma.hpp>

namespace rmap::inline RMAP_ABI::mm {

template <class Policy>
class address_space;
template <class Policy>
class file;

/// All that must be equal for two vmas to merge, but for range and anon_vma.
template <class Policy>
struct attributes {
    prot access = prot::none;
    kind what = kind::anon;
    file<Policy>* from = nullptr;
    bool locked = false;
    bool stack = false;      // grows downwards
    bool accounted = false;  // private and writable, now or before (commit accounting)

    friend bool operator==(const attributes&, const attributes&) = default;
};

/// The place of a vma in the index of its address space.
template <class Policy>
class space_hook : public interval_node<typename Policy::atomics> {};

template <class Policy>
class vma : public basic_vma<address_space<Policy>, Policy>,
            public i_mmap_hook<Policy>,
            public space_hook<Policy> {
    using base = basic_vma<address_space<Policy>, Policy>;

public:
    vma(address_space<Policy>& owner, pgno start, pgno pages, pgoff_t pgoff,
        const attributes<Policy>& as) noexcept
        : base{owner, start, pages, pgoff}, as_{as}, locked_{as.locked} {}

    // The attributes are read holding the mmap_lock, written holding it exclusively.
    [[nodiscard]] const attributes<Policy>& as() const noexcept { return as_; }
    void become(const attributes<Policy>& as) noexcept {
        as_ = as;
        locked_.store(as.locked, order::relaxed);
    }

    [[nodiscard]] prot access() const noexcept { return as_.access; }
    [[nodiscard]] kind what() const noexcept { return as_.what; }
    [[nodiscard]] file<Policy>* from() const noexcept { return as_.from; }
    /// Read by walks as well, which do not hold the mmap_lock.
    //   Orders:     nothing: who changes it takes the lock of each entry of the vma afterwards.
    //   Pairs with: become().
    //   Otherwise:  T1 looks at the entry, reads "locked", sets the page's mlocked flag | T2
    //               unlocks the vma: it comes to the entry after T1, and finds the flag.
    //   Proved by:  tests/explore/lru_test.cpp
    [[nodiscard]] bool locked() const noexcept { return locked_.load(order::relaxed); }
    [[nodiscard]] bool stack() const noexcept { return as_.stack; }
    [[nodiscard]] bool accounted() const noexcept { return as_.accounted; }
    [[nodiscard]] bool shared() const noexcept { return as_.what == kind::shared_file; }

    /// For vma_traits: the same but for r, w and x.
    [[nodiscard]] bool alike(const vma& other) const noexcept {
        attributes<Policy> same_access = other.as_;
        same_access.access = as_.access;
        return as_ == same_access;
    }

    /// For file_traits; defined with the file.
    [[nodiscard]] i_mmap<Policy>* mapping() const noexcept;

private:
    attributes<Policy> as_;
    typename Policy::atomics::template atomic<bool> locked_;  // as_.locked, for walks
};

}  // namespace rmap::inline RMAP_ABI::mm
