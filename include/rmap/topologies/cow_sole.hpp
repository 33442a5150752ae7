// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_sole: what an anon_vma of topologies::cow_tree says itself of the one vma that is at home in
// it, where the policy allows glances: these must not touch the vma, which is the user's memory and
// may be gone (cow_glance.hpp), and a root and an only child have no entry that would say it. It
// says nothing of several vmas, of none, and of a range that it has no room for. Other policies
// have no such words.

#include <cstdint>
#include <type_traits>

#include <rmap/core/config.hpp>
#include <rmap/core/types.hpp>
#include <rmap/topologies/cow_block.hpp>
#include <rmap/topologies/cow_field.hpp>

namespace rmap::inline RMAP_ABI {

/// A place as a glance has it.
struct cow_glanced_place {
    void* mm;
    pgno address;
};

/// Written holding the tree lock exclusively; read holding it, or in a glance (cow_field.hpp).
template <class Policy>
class cow_sole {
    template <class T>
    using field = cow_field<Policy, T>;

public:
    void say(const cow_range& r, void* mm) noexcept {
        if (!fits(r)) return say_nothing();
        range_ = packed(r);
        mm_ = mm;
        delta_ = r.start - r.pgoff;
    }
    void say_nothing() noexcept { range_ = 0; }

    [[nodiscard]] bool says_nothing() const noexcept { return range_ == 0; }
    /// Whether it says what say() would.
    [[nodiscard]] bool says(const cow_range& r, const void* mm) const noexcept {
        if (!fits(r)) return says_nothing();
        return range_ == packed(r) && mm_.get() == mm && delta_ == r.start - r.pgoff;
    }

    /// Whether the vma covers the offset, as far as is said; then `place` is its place.
    [[nodiscard]] [[gnu::always_inline]] inline bool covers(
        pgoff_t index, cow_glanced_place& place) const noexcept {
        const std::uint64_t range = range_;
        if (index - (range >> pages_bits) >= (range & most_pages)) return false;
        place = {mm_, index + delta_};
        return true;
    }

private:
    // The offset of the first page, and behind it how many pages there are: up to 2^28 - 1, so 1
    // TiB of pages of 4 KiB, below 2^36 of them. Never 0, as no vma is empty.
    static constexpr unsigned pages_bits = 28;
    static constexpr std::uint64_t most_pages = (std::uint64_t{1} << pages_bits) - 1;

    [[nodiscard]] static bool fits(const cow_range& r) noexcept {
        return r.pages <= most_pages && r.pgoff >> (64 - pages_bits) == 0;
    }
    [[nodiscard]] static std::uint64_t packed(const cow_range& r) noexcept {
        return r.pgoff << pages_bits | r.pages;
    }

    field<std::uint64_t> range_{0};  // 0: nothing is said
    field<void*> mm_{nullptr};
    field<std::uint64_t> delta_{0};  // page numbers less offsets
};

/// In its place.
struct cow_no_sole {
    static constexpr void say_nothing() noexcept {}
};

template <class Policy>
using cow_sole_of = std::conditional_t<cow_glances<Policy>, cow_sole<Policy>, cow_no_sole>;

}  // namespace rmap::inline RMAP_ABI
