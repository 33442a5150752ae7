// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_pieces: the vmas that an anon_vma holds itself under topologies::cow_tree. One is kept in the
// anon_vma; several, which come of splits, moves and shares, have entries in blocks, dense and in
// an order that an insertion "behind" another keeps: a copy comes after its source, a fork child
// after its parent. As pieces are put beside what they were split off, the offsets of a block lie
// close together, and what it covers as a whole tells a search whether to look inside.

#include <cstdint>

#include <rmap/core/check.hpp>
#include <rmap/core/config.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/vma.hpp>
#include <rmap/topologies/cow_block.hpp>

namespace rmap::inline RMAP_ABI {

/// Offsets; empty if first > last.
struct cow_bounds {
    pgoff_t first = 1;
    pgoff_t last = 0;
};

template <class Map>
struct cow_pieces {
    using policy = typename Map::policy;
    using node = anon_vma<policy>;
    using vma = typename Map::vma_type;
    using hook = vma_hook<policy>;
    using traits = typename Map::vma_traits_type;
    using block = cow_block<policy>;
    using blocks = cow_blocks<policy>;
    using list = cow_list<policy>;

    static constexpr std::uint32_t smallest = 4;
    static constexpr std::uint32_t largest = 16;

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
    /// The vma of an anon_vma that has one.
    [[nodiscard]] static vma& only(const node& n) noexcept {
        return Map::vma_of(*static_cast<hook*>(n.links.pieces.get()));
    }
    [[nodiscard]] static block* first_block(const node& n) noexcept {
        return n.links.members < 2 ? nullptr : static_cast<block*>(n.links.pieces.get());
    }
    [[nodiscard]] static cow_bounds bounds_of(const node& n) noexcept {
        cow_bounds all;
        for (block* b = first_block(n); b != nullptr; b = b->next) {
            if (all.first > all.last) {
                all = {b->lo, b->hi};
            } else {
                if (b->lo < all.first) all.first = b->lo;
                if (b->hi > all.last) all.last = b->hi;
            }
        }
        return all;
    }
    /// A range that is typical for the anon_vma, or nothing.
    [[nodiscard]] static cow_range view_of(const node& n) noexcept {
        if (n.links.members == 0) return {};
        return range_of(n.links.members == 1 ? only(n) : vma_at(*first_block(n), 0));
    }

    // ---- changes

    /// The capacity of the block that one more piece takes; 0: there is room. `behind`: null, or a
    /// piece that the new one goes behind.
    [[nodiscard]] static std::uint32_t lacks(const node& n, const vma* behind) noexcept {
        if (n.links.members == 0) return 0;
        if (n.links.members == 1) return smallest;
        return target(n, behind).of->full() ? largest : 0;
    }

    /// Blocks come from `spare`, and go there.
    static void add(node& n, vma& v, const vma* behind, list& spare) noexcept {
        auto& mine = n.links;
        if (mine.members == 0) {
            mine.pieces = &Map::hook_of(v);
            mine.members = 1;
            return;
        }
        if (mine.members == 1) {
            vma& there = only(n);
            block& b = spare.take(smallest);
            b.owner = &n;
            b.begin_with(range_of(there));
            mine.pieces = nullptr;
            push_back(n, b);
            insert(b, 0, there);
            insert(b, 1, v);
        } else {
            place at = target(n, behind);
            if (at.of->full()) at = make_room(n, at, spare.take(largest), spare);
            insert(*at.of, at.slot, v);
        }
        mine.members = mine.members + 1;
    }

    static void remove(node& n, vma& v, list& spent) noexcept {
        auto& mine = n.links;
        if (mine.members == 1) {
            mine.pieces = nullptr;
            mine.members = 0;
            return;
        }
        const place at = find(n, v);
        block& b = *at.of;
        erase(b, at.slot);
        mine.members = mine.members - 1;
        if (mine.members == 1) {
            vma& rest = vma_at(b.live != 0 ? b : other(n, b), 0);
            while (block* old = static_cast<block*>(mine.pieces.get()))
                drop(n, *old, spent);
            mine.pieces = &Map::hook_of(rest);
            return;
        }
        block* const behind = b.next;
        if (b.live == 0) {
            drop(n, b, spent);
        } else if (behind != nullptr && b.live + behind->live <= b.capacity / 2) {
            append(*behind, 0, b);
            drop(n, *behind, spent);
        }
    }

    /// Before the range of a piece changes: its block is found under any range.
    static void open(node& n, vma& v) noexcept {
        if (n.links.members < 2) return;
        block& b = *find(n, v).of;
        b.lo = 0;
        b.hi = ~pgoff_t{0};
    }
    /// Afterwards: entry and block say the new range.
    static void close(node& n, vma& v) noexcept {
        if (n.links.members < 2) return;
        const place at = find(n, v);
        write(*at.of, at.slot, v);
        summarise(*at.of);
    }

private:
    struct place {
        block* of;
        std::uint32_t slot;
    };

    // blocks:: functions want a field of blocks; the anchor has one word for a vma or blocks.
    static void push_back(node& n, block& b) noexcept {
        typename blocks::head first{static_cast<block*>(n.links.pieces.get())};
        blocks::push_back(first, b);
        n.links.pieces = first.get();
    }
    static void drop(node& n, block& b, list& spent) noexcept {
        typename blocks::head first{static_cast<block*>(n.links.pieces.get())};
        blocks::erase(first, b);
        n.links.pieces = first.get();
        b.live = 0;
        spent.push(b);
    }
    [[nodiscard]] static block& other(const node& n, block& than) noexcept {
        block* const first = static_cast<block*>(n.links.pieces.get());
        return first != &than ? *first : *than.next.get();
    }

    [[nodiscard]] static place find(const node& n, const vma& v) noexcept {
        const void* const wanted = &Map::hook_of(v);
        const pgoff_t first = traits::pgoff(v);
        for (block* b = first_block(n); b != nullptr; b = b->next) {
            if (!b->covers(first)) continue;
            for (std::uint32_t i = 0; i != b->live; ++i) {
                if (b->about(i).get() == wanted) return {b, i};
            }
        }
        RMAP_CHECK_ALWAYS(policy, false, not_linked, "a vma is not where its anon_vma has it");
        return {nullptr, 0};
    }
    // Where one more goes.
    [[nodiscard]] static place target(const node& n, const vma* behind) noexcept {
        if (behind != nullptr) {
            const place at = find(n, *behind);
            return {at.of, at.slot + 1};
        }
        block* const tail = static_cast<block*>(n.links.pieces.get())->prev;
        return {tail, tail->live};
    }

    // A full block gets more room (the smallest becomes a larger one), or its second half goes to
    // the fresh block.
    static place make_room(node& n, place at, block& fresh, list& spent) noexcept {
        block& full = *at.of;
        fresh.owner = &n;
        fresh.begin_with(range_of(vma_at(full, 0)));
        typename blocks::head first{static_cast<block*>(n.links.pieces.get())};
        blocks::insert_behind(first, full, fresh);
        n.links.pieces = first.get();
        if (full.capacity < fresh.capacity) {
            append(full, 0, fresh);
            drop(n, full, spent);
            return {&fresh, at.slot};
        }
        const std::uint32_t half = full.live / 2;
        append(full, half, fresh);
        if (at.slot <= half) return {&full, at.slot};
        return {&fresh, at.slot - half};
    }
    // Moves the entries from slot `from` on to the end of another block.
    static void append(block& b, std::uint32_t from, block& to) noexcept {
        for (std::uint32_t i = from; i != b.live; ++i) {
            insert(to, to.live, vma_at(b, i));
        }
        for (std::uint32_t i = from; i != b.live; ++i)
            b.at(i).pages = 0;
        b.live = from;
        b.used = from;
        summarise(b);
    }

    static void insert(block& b, std::uint32_t slot, vma& v) noexcept {
        for (std::uint32_t i = b.live; i != slot; --i)
            copy(b, i - 1, i);
        b.about(slot) = &Map::hook_of(v);
        write(b, slot, v);
        b.live = b.live + 1;
        b.used = b.live.get();
        const cow_range r = range_of(v);
        b.widen(r.pgoff, r.last());
    }
    static void erase(block& b, std::uint32_t slot) noexcept {
        for (std::uint32_t i = slot + 1; i != b.live; ++i)
            copy(b, i, i - 1);
        b.live = b.live - 1;
        b.used = b.live.get();
        b.at(b.live).pages = 0;
        summarise(b);
    }
    static void copy(block& b, std::uint32_t from, std::uint32_t to) noexcept {
        b.about(to) = b.about(from).get();
        b.at(to).mm = b.at(from).mm.get();
        b.at(to).first = b.at(from).first.get();
        b.at(to).pages = b.at(from).pages.get();
    }
    static void write(block& b, std::uint32_t slot, vma& v) noexcept {
        b.set_vma(b.at(slot), range_of(v), mm_of(v), 0);
    }
    // What the block covers, from its entries; the vma is asked where an entry cannot say it.
    static void summarise(block& b) noexcept {
        b.lo = 1;
        b.hi = 0;
        for (std::uint32_t i = 0; i != b.live; ++i) {
            const std::uint32_t n = b.at(i).pages & block::pages_mask;
            if (n == 0) {
                const cow_range r = range_of(vma_at(b, i));
                b.widen(r.pgoff, r.last());
            } else {
                const pgoff_t first = b.base + b.at(i).first;
                b.widen(first, first + (n - 1));
            }
        }
    }
};

}  // namespace rmap::inline RMAP_ABI
