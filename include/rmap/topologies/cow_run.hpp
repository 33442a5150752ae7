// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_run: the entries of one block of pieces (cow_pieces.hpp), one for each vma, without gaps and
// in order.

#include <bit>
#include <cstdint>
#include <type_traits>

#include <rmap/core/config.hpp>
#include <rmap/model/vma.hpp>
#include <rmap/topologies/cow_block.hpp>
#include <rmap/topologies/cow_index.hpp>

namespace rmap::inline RMAP_ABI {

template <class Map>
struct cow_run {
    using policy = typename Map::policy;
    using vma = typename Map::vma_type;
    using hook = vma_hook<policy>;
    using traits = typename Map::vma_traits_type;
    using block = cow_block<policy>;

    static constexpr std::uint32_t smallest = 4;
    static constexpr std::uint32_t largest = 16;
    static constexpr std::uint32_t together = 8;  // see slot_of(); divides `largest`
    static constexpr std::uint32_t nowhere = ~std::uint32_t{0};

    // ---- looking

    [[nodiscard]] static cow_range range_of(const vma& v) noexcept {
        return {traits::start(v), traits::pages(v), traits::pgoff(v)};
    }
    [[nodiscard]] static void* mm_of(const vma& v) noexcept {
        return const_cast<void*>(static_cast<const void*>(&traits::mm(v)));
    }
    [[nodiscard]] static vma& vma_at(block& b, std::uint32_t i) noexcept {
        return Map::vma_of(*static_cast<hook*>(b.about(i).get()));
    }
    [[nodiscard]] static pgoff_t first_at(block& b, std::uint32_t i) noexcept {
        if ((b.at(i).pages & block::pages_mask) == 0) return traits::pgoff(vma_at(b, i));
        return b.base + b.at(i).first;
    }

    /// What an entry covers; the vma is asked where it cannot say it.
    [[nodiscard]] static cow_bounds bounds_at(block& b, std::uint32_t i) noexcept {
        const std::uint32_t n = b.at(i).pages & block::pages_mask;
        if (n == 0) {
            const cow_range r = range_of(vma_at(b, i));
            return {r.pgoff, r.last()};
        }
        const pgoff_t first = b.base + b.at(i).first;
        return {first, first + (n - 1)};
    }
    /// Where an entry is about that. Several at a time, as a loop that ends at the right one is
    /// guessed wrong each time; behind the last one in use nothing is said.
    [[nodiscard]] [[gnu::always_inline]] static inline std::uint32_t slot_of(
        block& b, const void* wanted) noexcept {
        if (b.capacity == smallest) return slot_among<smallest>(b, 0, wanted);
        const std::uint32_t live = b.live;
        for (std::uint32_t i = 0; i < live; i += together) {
            if (const auto at = slot_among<together>(b, i, wanted); at != nowhere) return at;
        }
        return nowhere;
    }

    // ---- changes

    /// The entries from slot `from` on go to the end of another block. What is covered by those
    /// that stay is the caller's to say.
    static void move(block& b, std::uint32_t from, block& to) noexcept {
        const std::uint32_t live = b.live;
        for (std::uint32_t i = from; i != live; ++i) {
            auto& e = b.at(i);
            const std::uint32_t pages = e.pages;
            if (block::must_look(pages)) {
                insert(to, to.live, vma_at(b, i));
            } else {
                const pgoff_t first = b.base + e.first;
                const std::uint32_t slot = to.live;
                to.about(slot) = b.about(i).get();
                to.set_vma(to.at(slot), {first + b.delta, pages, first}, e.mm, 0);
                grow(to, first, first + (pages - 1));
            }
            clear(b, i);
        }
        b.live = from;
        b.used = from;
    }
    static void insert(block& b, std::uint32_t slot, vma& v) noexcept {
        make_gap(b, slot, v);
        const cow_range r = range_of(v);
        b.set_vma(b.at(slot), r, mm_of(v), 0);
        grow(b, r.pgoff, r.last());
    }
    /// The same where what the block covers stays as it is.
    [[gnu::always_inline]] static inline void insert_within(block& b, std::uint32_t slot,
                                                            vma& v) noexcept {
        make_gap(b, slot, v);
        write(b, slot, v);
        const std::uint32_t live = b.live + 1;
        b.live = live;
        b.used = live;
    }
    /// What the block covers is the caller's to say.
    static void erase(block& b, std::uint32_t slot) noexcept {
        const std::uint32_t last = b.live - 1;
        std::uint32_t i = slot;
        if constexpr (in_one_piece) {
            if (slot + window < b.capacity) [[likely]] {
#pragma GCC unroll 4
                for (const std::uint32_t end = slot + window; i != end; ++i)
                    copy(b, i + 1, i);
            }
        }
        for (; i < last; ++i)
            copy(b, i + 1, i);
        clear(b, last);
        b.live = last;
        b.used = last;
    }
    [[gnu::always_inline]] static inline void write(block& b, std::uint32_t slot, vma& v) noexcept {
        b.set_vma(b.at(slot), range_of(v), mm_of(v), 0);
    }
    static void summarise(block& b) noexcept {
        b.lo = 1;
        b.hi = 0;
        for (std::uint32_t i = 0; i != b.live; ++i) {
            const cow_bounds all = bounds_at(b, i);
            b.widen(all.first, all.last);
        }
    }

private:
    // Where entries are plain memory, so many are moved, whether or not there are as many, as a
    // loop that ends with the last is guessed wrong most times. Behind the last one in use they say
    // nothing.
    static constexpr std::uint32_t window = 4;
    static constexpr bool in_one_piece = std::is_trivially_copy_assignable_v<typename block::entry>;

    [[gnu::always_inline]] static inline void make_gap(block& b, std::uint32_t slot,
                                                       vma& v) noexcept {
        std::uint32_t end = slot;
        if constexpr (in_one_piece) {
            if (slot + window < b.capacity) [[likely]]
                end = slot + window;
        }
        for (std::uint32_t i = b.live; i > end; --i)
            copy(b, i - 1, i);
        if (end != slot) {
#pragma GCC unroll 4
            for (std::uint32_t i = window; i != 0; --i)
                copy(b, slot + i - 1, slot + i);
        }
        b.about(slot) = &Map::hook_of(v);
    }
    template <std::uint32_t N>
    [[nodiscard]] static std::uint32_t slot_among(block& b, std::uint32_t from,
                                                  const void* wanted) noexcept {
        std::uint32_t found = 0;
#pragma GCC unroll 8
        for (std::uint32_t i = 0; i != N; ++i)
            found |= (b.about(from + i).get() == wanted ? 1U : 0U) << i;
        if (found == 0) return nowhere;
        return from + static_cast<std::uint32_t>(std::countr_zero(found));
    }
    static void grow(block& b, pgoff_t first, pgoff_t last) noexcept {
        b.live = b.live + 1;
        b.used = b.live.get();
        b.widen(first, last);
    }
    static void clear(block& b, std::uint32_t slot) noexcept {
        b.about(slot) = nullptr;
        b.at(slot).pages = 0;
    }
    static void copy(block& b, std::uint32_t from, std::uint32_t to) noexcept {
        b.about(to) = b.about(from).get();
        if constexpr (in_one_piece) {
            b.at(to) = b.at(from);  // in one piece
        } else {
            b.at(to).mm = b.at(from).mm.get();
            b.at(to).first = b.at(from).first.get();
            b.at(to).pages = b.at(from).pages.get();
        }
    }
};

}  // namespace rmap::inline RMAP_ABI
