// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_index: the index over the blocks of pieces of one anon_vma under topologies::cow_tree. Where
// there are several such blocks (level 0), blocks of level 1 have an entry for each, which says
// what it covers; level 2 those of level 1; up to one root. The order is that of the pieces, by
// position, not by a key; so a search goes down into each block that covers the offset, and takes
// O(log n) for each as long as pieces that lie close together in offsets also stand so (ours, after
// the B+ tree of Knuth and the R-tree of Guttman 1984).
//
// All of it as cow_block.hpp says: read holding the tree lock, written holding it exclusively.

#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/topologies/cow_block.hpp>

namespace rmap::inline RMAP_ABI {

/// Offsets; empty if first > last.
struct cow_bounds {
    pgoff_t first = 1;
    pgoff_t last = 0;

    friend bool operator==(const cow_bounds&, const cow_bounds&) = default;

    void include(pgoff_t from, pgoff_t to) noexcept {
        const bool was_empty = first > last;
        if (was_empty || from < first) first = from;
        if (was_empty || to > last) last = to;
    }
};

/// The way from the root down to a block of pieces. Good until the pieces change.
template <class Policy>
class cow_path {
public:
    using block = cow_block<Policy>;
    struct step {
        block* of;
        std::uint32_t slot;
    };
    // Two halves of a block of 32 have 16 each, so that 2^32 pieces have seven levels.
    static constexpr std::uint32_t most_levels = 10;

    cow_path() noexcept {}  // what is above stays unset until a search goes there

    /// The first block of pieces, in order, that may have the offset; null: none has it.
    [[nodiscard]] block* begin(block& root, pgoff_t index) noexcept {
        top_ = root.level;
        if (top_ == 0) return root.covers(index) ? &root : nullptr;
        return seek(root, 0, index);
    }
    /// The next one behind that.
    [[nodiscard]] block* next(pgoff_t index) noexcept {
        return top_ == 0 ? nullptr : seek(*up_[1].of, up_[1].slot + 1, index);
    }
    /// The way to a root that is a block of pieces.
    void begin_at(block& root) noexcept { top_ = root.level; }
    /// One step further down; returns what is there.
    [[nodiscard]] block& go_down(block& b, std::uint32_t slot) noexcept {
        up_[b.level] = {&b, slot};
        return *static_cast<block*>(b.about(slot).get());
    }

    [[nodiscard]] std::uint32_t top() const noexcept { return top_; }
    /// The block of that level, and the slot that leads further down.
    [[nodiscard]] const step& up(std::uint32_t level) const noexcept { return up_[level]; }

private:
    [[nodiscard]] block* seek(block& from, std::uint32_t slot, pgoff_t index) noexcept {
        block* b = &from;
        for (;;) {
            const std::uint32_t offset = b->offset_of(index);
            const std::uint32_t live = b->live;
            while (slot != live && !block::may_cover(b->at(slot).pages, offset - b->at(slot).first))
                ++slot;
            if (slot == live) {
                if (b->level == top_) return nullptr;
                const step& back = up_[b->level + 1];
                b = back.of;
                slot = back.slot + 1;
                continue;
            }
            block& below = go_down(*b, slot);
            if (block::must_look(b->at(slot).pages) && !below.covers(index)) {
                ++slot;
                continue;
            }
            if (below.level == 0) return &below;
            b = &below;
            slot = 0;
        }
    }

    step up_[most_levels + 1];  // by level; of 0: none
    std::uint32_t top_ = 0;
};

template <class Policy>
struct cow_index {
    using node = anon_vma<Policy>;
    using block = cow_block<Policy>;
    using list = cow_list<Policy>;
    using path = cow_path<Policy>;

    static constexpr std::uint32_t fan_out = 32;

    [[nodiscard]] static block& below(block& b, std::uint32_t slot) noexcept {
        return *static_cast<block*>(b.about(slot).get());
    }
    [[nodiscard]] static cow_bounds bounds_of(block& b) noexcept { return {b.lo, b.hi}; }
    /// What an entry says that the block below covers.
    [[nodiscard]] static cow_bounds bounds_at(block& b, std::uint32_t slot) noexcept {
        const std::uint32_t n = b.at(slot).pages;
        if (block::has_flag(n)) return bounds_of(below(b, slot));
        const pgoff_t first = b.base + b.at(slot).first;
        return {first, first + (n - 1)};
    }

    /// How many blocks of the index it takes to have one more behind the one at the end of `p`.
    [[nodiscard]] static std::uint32_t lacks(const path& p) noexcept {
        std::uint32_t full = 0;
        while (full != p.top() && p.up(full + 1).of->full())
            ++full;
        return full == p.top() ? full + 1 : full;
    }

    /// `fresh` stands behind `old`, to which `p` leads; what both cover is up to date in them.
    /// Returns the root.
    [[nodiscard]] static block& enter(block& root, const path& p, block& old, block& fresh,
                                      list& spare) noexcept {
        block* left = &old;
        block* right = &fresh;
        link_behind(*left, *right);
        while (left->level != p.top()) {
            const auto [of, slot] = p.up(left->level + 1);
            write(*of, slot, *left);
            if (!of->full()) {
                const cow_bounds before = bounds_of(*of);
                insert(*of, slot + 1, *right);
                summarise(*of);
                tell(p, *of, before);
                return root;
            }
            block& half = begin(spare.take(fan_out), *of, of->level);
            const std::uint32_t live = of->live;
            const bool at_end = slot + 1 == live && of->next.get() == nullptr;
            const std::uint32_t from = at_end ? live : live / 2;
            move(*of, from, half);
            if (!at_end && slot + 1 <= from) {
                insert(*of, slot + 1, *right);
            } else {
                insert(half, slot + 1 - from, *right);
            }
            summarise(*of);
            summarise(half);
            left = of;
            right = &half;
            link_behind(*left, *right);
        }
        block& above = begin(spare.take(fan_out), *left, left->level + 1);
        insert(above, 0, *left);
        insert(above, 1, *right);
        summarise(above);
        return above;
    }

    /// The block at the end of `p` covers something else than before.
    static void tell(const path& p, block& b, cow_bounds before) noexcept {
        block* low = &b;
        while (low->level != p.top() && bounds_of(*low) != before) {
            const auto [of, slot] = p.up(low->level + 1);
            write(*of, slot, *low);
            const cow_bounds was = bounds_of(*of);
            if ((before.first == was.first && low->lo > before.first) ||
                (before.last == was.last && low->hi < before.last)) {
                summarise(*of);
            } else {
                of->widen(low->lo, low->hi);
            }
            before = was;
            low = of;
        }
    }

    /// The block at the end of `p` has lost pieces: if it is empty it goes; if it and one beside it
    /// are not half full they become one, by join(left, right). Returns the root.
    template <class Join>
    [[nodiscard]] static block& settle(block& root, const path& p, block& b, cow_bounds before,
                                       list& spent, Join join) noexcept {
        block* low = &b;
        while (low->level != p.top()) {
            const auto [of, slot] = p.up(low->level + 1);
            const cow_bounds was = bounds_of(*of);
            if (low->live == 0) {
                drop(*of, slot, spent);
            } else if (slot + 1 != of->live && fit(*low, below(*of, slot + 1))) {
                unite(*of, slot, spent, join);
            } else if (slot != 0 && fit(below(*of, slot - 1), *low)) {
                unite(*of, slot - 1, spent, join);
            } else {
                tell(p, *low, before);
                break;
            }
            summarise(*of);
            before = was;
            low = of;
        }
        block* top = &root;
        while (top->level != 0 && top->live == 1) {
            block& only = below(*top, 0);
            spent.push(*top);
            top = &only;
        }
        return *top;
    }

    static void link_behind(block& at, block& b) noexcept {
        block* const behind = at.next;
        b.prev = &at;
        b.next = behind;
        if (behind != nullptr) behind->prev = &b;
        at.next = &b;
    }

private:
    static block& begin(block& b, block& like, std::uint32_t level) noexcept {
        b.owner = like.owner.get();
        b.begin_with({0, 1, like.lo});
        b.level = level;
        b.prev = nullptr;
        return b;
    }
    static void write(block& b, std::uint32_t slot, block& low) noexcept {
        b.about(slot) = &low;
        b.set_range(b.at(slot), low.lo, low.hi - low.lo + 1, 0);
    }
    static void insert(block& b, std::uint32_t slot, block& low) noexcept {
        for (std::uint32_t i = b.live; i != slot; --i)
            copy(b, i - 1, b, i);
        write(b, slot, low);
        b.live = b.live + 1;
        b.used = b.live.get();
    }
    static void copy(block& b, std::uint32_t from, block& in, std::uint32_t to) noexcept {
        in.about(to) = b.about(from).get();
        in.at(to).first = b.at(from).first.get();
        in.at(to).pages = b.at(from).pages.get();
    }
    // The entries from slot `from` on go to the end of another block.
    static void move(block& b, std::uint32_t from, block& to) noexcept {
        for (std::uint32_t i = from; i != b.live; ++i)
            insert(to, to.live, below(b, i));
        b.live = from;
        b.used = from;
    }
    [[nodiscard]] static bool fit(block& left, block& right) noexcept {
        return left.live + right.live <= left.capacity / 2;
    }
    // The block below that slot goes.
    static void drop(block& b, std::uint32_t slot, list& spent) noexcept {
        block& low = below(b, slot);
        block* const behind = low.next;
        block* const before = low.prev;
        if (before != nullptr) before->next = behind;
        if (behind != nullptr) behind->prev = before;
        low.prev = nullptr;
        spent.push(low);
        for (std::uint32_t i = slot + 1; i != b.live; ++i)
            copy(b, i, b, i - 1);
        b.live = b.live - 1;
        b.used = b.live.get();
    }
    template <class Join>
    static void unite(block& b, std::uint32_t slot, list& spent, Join& join) noexcept {
        block& left = below(b, slot);
        block& right = below(b, slot + 1);
        if (left.level == 0) {
            join(left, right);
        } else {
            move(right, 0, left);
            summarise(left);
        }
        drop(b, slot + 1, spent);
        write(b, slot, left);
    }
    static void summarise(block& b) noexcept {
        b.lo = 1;
        b.hi = 0;
        for (std::uint32_t i = 0; i != b.live; ++i) {
            const cow_bounds all = bounds_at(b, i);
            b.widen(all.first, all.last);
        }
    }
};

}  // namespace rmap::inline RMAP_ABI
