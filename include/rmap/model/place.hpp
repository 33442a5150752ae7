// SPDX-License-Identifier: BSL-1.0
#pragma once

// What a walk hands to its visitor: a place where the page may be mapped. The vma is there when the
// visitor asks for it, so that a topology which keeps what it needs elsewhere need not touch the
// vma. A place is valid while the walk holds its lock, that is, during the visitor's call.

#include <concepts>

#include <rmap/core/types.hpp>

namespace rmap::inline RMAP_ABI {

/// A place. It may be one where the page is not mapped (I2): the visitor MUST look at the page
/// table.
template <class P>
concept mapping_place = requires(const P& p) {
    // The user's address space.
    p.mm();
    // The page number there.
    { p.address() } noexcept -> std::convertible_to<pgno>;
    // The user's vma.
    p.vma();
};

/// The place of a vma that maps offset `index`.
template <class Map>
class vma_place {
    using traits = typename Map::vma_traits_type;

public:
    vma_place(typename Map::vma_type& v, pgoff_t index) noexcept : vma_{&v}, index_{index} {}

    [[nodiscard]] auto& mm() const noexcept { return traits::mm(*vma_); }
    [[nodiscard]] pgno address() const noexcept {
        return traits::start(*vma_) + (index_ - traits::pgoff(*vma_));
    }
    [[nodiscard]] typename Map::vma_type& vma() const noexcept { return *vma_; }

private:
    typename Map::vma_type* vma_;
    pgoff_t index_;
};

/// A place whose vma may be gone: what a visitor gets that needs no lock (ops/visit.hpp).
template <class Mm>
class bare_place {
public:
    bare_place() noexcept = default;
    bare_place(Mm& mm, pgno address) noexcept : mm_{&mm}, address_{address} {}

    [[nodiscard]] Mm& mm() const noexcept { return *mm_; }
    [[nodiscard]] pgno address() const noexcept { return address_; }

private:
    Mm* mm_;
    pgno address_;
};

/// A place as it is kept when the walk is over: what `collect` writes and `confirm` compares.
template <class Mm>
struct kept_place {
    Mm* mm = nullptr;
    pgno address = 0;

    friend bool operator==(const kept_place&, const kept_place&) = default;
};

}  // namespace rmap::inline RMAP_ABI
