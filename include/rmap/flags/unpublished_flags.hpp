// SPDX-License-Identifier: BSL-1.0
#pragma once

// Flags of a page that nobody else knows yet: plain memory, no atomic instruction. To let others
// see them is to move them into the shared form (page_flags.hpp), so neither can be used for the
// other by mistake: this one has no orders, that one does nothing without.
//
//     unpublished_flags<pg> fresh;
//     fresh.set<pg::mlocked>();
//     page->flags.publish(std::move(fresh));
//
// Source: Linux's __SetPageLocked and its kin, which a comment allows only to a sole owner.

#include <concepts>
#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/check.hpp>
#include <rmap/core/config.hpp>
#include <rmap/flags/flag_enum.hpp>

namespace rmap::inline RMAP_ABI::flags {

template <class Flag, atomics_family Atomics, std::unsigned_integral Word, check_hook Check>
class page_flags;

template <class Flag, std::unsigned_integral Word = std::uint32_t>
class unpublished_flags {
    static_assert(flag_diagnosis<Flag, Word>::passed);

public:
    using flag_type = Flag;
    using word_type = Word;

    constexpr unpublished_flags() noexcept = default;
    /// What is moved from has no flag set.
    constexpr unpublished_flags(unpublished_flags&& other) noexcept : word_{other.take()} {}
    constexpr unpublished_flags& operator=(unpublished_flags&& other) noexcept {
        word_ = other.take();
        return *this;
    }

    template <Flag F>
    constexpr void set() noexcept {
        word_ = static_cast<Word>(word_ | detail::bit<Word, F>());
    }
    template <Flag F>
    constexpr void clear() noexcept {
        word_ = static_cast<Word>(word_ & ~detail::bit<Word, F>());
    }
    template <Flag F>
    [[nodiscard]] constexpr bool test() const noexcept {
        return (word_ & detail::bit<Word, F>()) != 0;
    }
    /// No flag at all is set.
    [[nodiscard]] constexpr bool none() const noexcept { return word_ == 0; }

private:
    template <class, atomics_family, std::unsigned_integral, check_hook>
    friend class page_flags;

    explicit constexpr unpublished_flags(Word bits) noexcept : word_{bits} {}
    [[nodiscard]] constexpr Word take() noexcept {
        const Word bits = word_;
        word_ = 0;
        return bits;
    }

    Word word_ = 0;  // the owner's alone
};

}  // namespace rmap::inline RMAP_ABI::flags
