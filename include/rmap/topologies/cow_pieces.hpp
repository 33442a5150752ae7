// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_pieces: the vmas that an anon_vma holds itself under topologies::cow_tree. One is kept in the
// anon_vma; several, which come of splits, moves and shares, have entries in blocks, dense and in
// an order that an insertion "behind" another keeps: a copy comes after its source, a fork child
// after its parent. As pieces are put beside what they were split off, and others by their offset,
// those of a block lie close together, and what it covers tells a search whether to look inside;
// over more than one block there is an index (cow_index.hpp).

#include <cstdint>

#include <rmap/core/check.hpp>
#include <rmap/core/config.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/vma.hpp>
#include <rmap/topologies/cow_block.hpp>
#include <rmap/topologies/cow_field.hpp>
#include <rmap/topologies/cow_index.hpp>
#include <rmap/topologies/cow_run.hpp>

namespace rmap::inline RMAP_ABI {

template <class Map>
struct cow_pieces : cow_run<Map> {
    using policy = typename Map::policy;
    using node = anon_vma<policy>;
    using vma = typename Map::vma_type;
    using hook = vma_hook<policy>;
    using traits = typename Map::vma_traits_type;
    using block = cow_block<policy>;
    using run = cow_run<Map>;
    using index = cow_index<policy>;
    using path = cow_path<policy>;
    using list = cow_list<policy>;

    using run::largest;
    using run::range_of;
    using run::smallest;
    using run::vma_at;

    // ---- looking

    /// The vma of an anon_vma that has one.
    [[nodiscard]] static vma& only(const node& n) noexcept {
        return Map::vma_of(*static_cast<hook*>(n.links.pieces.get()));
    }
    /// What covers all the pieces, where there are several; or null.
    [[nodiscard]] static block* root_of(const node& n) noexcept {
        return n.links.members < 2 ? nullptr : static_cast<block*>(n.links.pieces.get());
    }
    /// The same where it is known that there are several.
    [[nodiscard]] static block& root_of_several(const node& n) noexcept {
        return *static_cast<block*>(n.links.pieces.get());
    }
    /// The first block of pieces; the others are behind it.
    [[nodiscard]] static block* first_block(const node& n) noexcept {
        block* b = root_of(n);
        while (b != nullptr && b->level != 0)
            b = &index::below(*b, 0);
        return b;
    }
    /// What they cover, where there is not one alone.
    [[nodiscard]] static cow_bounds bounds_of(const node& n) noexcept {
        block* const root = root_of(n);
        return root == nullptr ? cow_bounds{} : index::bounds_of(*root);
    }
    /// A range that is typical for the anon_vma, or nothing.
    [[nodiscard]] static cow_range view_of(const node& n) noexcept {
        if (n.links.members == 0) return {};
        return range_of(n.links.members == 1 ? only(n) : vma_at(*first_block(n), 0));
    }

    // ---- changes

    /// Brings what glances are told of the vma, if it is one alone, up to date.
    static void tell_glances([[maybe_unused]] node& n) noexcept {
        if constexpr (cow_glances<policy>) {
            auto& mine = n.links;
            if (mine.members != 1) return mine.sole.say_nothing();
            mine.sole.say(range_of(only(n)), run::mm_of(only(n)));
        }
    }

    /// The capacity of a block that one more piece takes and that is not in `has`; 0: nothing is
    /// lacking. `behind`: null, or a piece that the new one goes behind; then that stands for it.
    [[nodiscard]] [[gnu::always_inline]] static inline std::uint32_t lacks(const node& n,
                                                                           const vma& v,
                                                                           const vma* behind,
                                                                           list& has) noexcept {
        if (behind != nullptr && n.links.members > 1) {
            block& root = root_of_several(n);
            if (root.level == 0 && !root.full()) [[likely]] {
                path p;
                has.remember(behind, &root, find(root, *behind, p).slot + 1);
                return 0;
            }
        }
        return lacks_more(n, v, behind, has);
    }

    /// Blocks come from `spare`, and go there. Whether what all the pieces cover, or how they are
    /// kept, is another than before; so below.
    static bool add(node& n, vma& v, const vma* behind, list& spare) noexcept {
        auto& mine = n.links;
        if (mine.members < 2) {
            add_to_few(n, v, behind, spare);
            return true;
        }
        path p;
        place at = where_to(n, v, behind, p, spare);
        const cow_bounds all = bounds_of(n);
        mine.members = mine.members + 1;
        if (at.of->full() && !made_room(n, at, p, v, spare)) return bounds_of(n) != all;
        const cow_bounds before = index::bounds_of(*at.of);
        insert(*at.of, at.slot, v);
        if (index::bounds_of(*at.of) == before) return false;
        index::tell(p, *at.of, before);
        return bounds_of(n) != all;
    }

    /// `change()` makes `v` shorter at its end, and `v` and the new piece behind it together cover
    /// what it did.
    template <class F>
    static bool divide(node& n, vma& v, vma& upper, list& spare, F change) noexcept {
        auto& mine = n.links;
        if (mine.members < 2) {
            change();
            add_to_few(n, upper, &v, spare);
            return true;
        }
        path p;
        place at = where_to(n, upper, &v, p, spare);
        change();
        write(*at.of, at.slot - 1, v);
        mine.members = mine.members + 1;
        if (!at.of->full()) {
            insert_within(*at.of, at.slot, upper);
        } else if (made_room(n, at, p, upper, spare)) {
            insert(*at.of, at.slot, upper);
        }
        return false;
    }

    static bool remove(node& n, vma& v, list& spent) noexcept {
        if (n.links.members == 1) {
            n.links.members = 0;
            n.links.pieces = nullptr;
            return true;
        }
        path p;
        const place at = find(root_of_several(n), v, p);
        const cow_bounds before = index::bounds_of(*at.of);
        const cow_bounds gone = bounds_at(*at.of, at.slot);
        erase(*at.of, at.slot);
        if (gone.first == before.first || gone.last == before.last) summarise(*at.of);
        return one_less(n, p, *at.of, before, spent);
    }

    /// `change()` lets `v` take over the range of `gone`, another piece, which goes.
    template <class F>
    static bool absorb(node& n, vma& v, vma& gone, list& spent, F change) noexcept {
        path p;
        const place at = find(root_of_several(n), v, p);
        block& b = *at.of;
        std::uint32_t slot = at.slot + 1;
        const void* const goes = &Map::hook_of(gone);
        if (slot == b.live || b.about(slot).get() != goes) {
            if (at.slot == 0 || b.about(at.slot - 1).get() != goes) {
                const bool changed = remove(n, gone, spent);
                return rerange(n, v, change) || changed;
            }
            slot = at.slot - 1;
        }
        const cow_bounds before = index::bounds_of(b);
        change();
        write(b, at.slot, v);
        erase(b, slot);
        // The union of two pieces covers what they did.
        const cow_range now = range_of(v);
        const bool wider = b.widen(now.pgoff, now.last());
        if (p.top() == 0 && b.live != 1) [[likely]] {
            n.links.members = n.links.members - 1;
            return wider;
        }
        return one_less(n, p, b, before, spent);
    }

    /// `change()` changes the range of a piece.
    template <class F>
    static bool rerange(node& n, vma& v, F change) noexcept {
        block* const root = root_of(n);
        if (root == nullptr) {
            change();
            return true;
        }
        path p;
        const place at = find(*root, v, p);
        const cow_range was = range_of(v);
        const cow_bounds before = index::bounds_of(*at.of);
        change();
        write(*at.of, at.slot, v);
        const cow_range now = range_of(v);
        if ((was.pgoff == before.first && now.pgoff > was.pgoff) ||
            (was.last() == before.last && now.last() < was.last())) {
            summarise(*at.of);
        } else {
            at.of->widen(now.pgoff, now.last());
        }
        if (index::bounds_of(*at.of) == before) return false;
        const cow_bounds all = index::bounds_of(*root);
        index::tell(p, *at.of, before);
        return root->level == 0 || index::bounds_of(*root) != all;
    }

    /// The same in two steps. Before: the piece is found under any range.
    static void open(node& n, vma& v) noexcept {
        block* const root = root_of(n);
        if (root == nullptr) return;
        path p;
        block& b = *find(*root, v, p).of;
        const cow_bounds before = index::bounds_of(b);
        b.lo = 0;
        b.hi = ~pgoff_t{0} - 1;  // so that the count of all is one, which no entry can say
        index::tell(p, b, before);
    }
    /// Afterwards: entry and block say the new range.
    static void close(node& n, vma& v) noexcept {
        block* const root = root_of(n);
        if (root == nullptr) return;
        path p;
        const place at = find(*root, v, p);
        const cow_bounds before = index::bounds_of(*at.of);
        write(*at.of, at.slot, v);
        summarise(*at.of);
        index::tell(p, *at.of, before);
    }

private:
    using run::bounds_at;
    using run::erase;
    using run::insert;
    using run::insert_within;
    using run::move;
    using run::nowhere;
    using run::slot_of;
    using run::summarise;
    using run::write;

    struct place {
        block* of;
        std::uint32_t slot;
    };

    [[nodiscard]] [[gnu::noinline]] static std::uint32_t lacks_more(const node& n, const vma& v,
                                                                    const vma* behind,
                                                                    list& has) noexcept {
        if (n.links.members == 0) return 0;
        if (n.links.members == 1) return has.has(smallest) ? 0 : smallest;
        path p;
        const place at = target(n, v, behind, p);
        if (!at.of->full()) {
            has.remember(behind != nullptr ? behind : &v, at.of, at.slot);
            return 0;
        }
        if (!has.has(largest)) return largest;
        if (at.of->capacity < largest) return 0;
        return has.count(index::fan_out) < index::lacks(p) ? index::fan_out : 0;
    }

    static block& begin(node& n, block& b, const cow_range& like) noexcept {
        b.owner = &n;
        b.begin_with(like);
        b.prev = nullptr;
        return b;
    }

    [[nodiscard]] [[gnu::always_inline]] static inline place find(block& root, const vma& v,
                                                                  path& p) noexcept {
        if (root.level != 0) return find_below(root, v, p);
        p.begin_at(root);
        return checked({&root, slot_of(root, &Map::hook_of(v))});
    }
    [[nodiscard]] [[gnu::noinline]] static place find_below(block& root, const vma& v,
                                                            path& p) noexcept {
        const void* const wanted = &Map::hook_of(v);
        const pgoff_t first = traits::pgoff(v);
        for (block* b = p.begin(root, first); b != nullptr; b = p.next(first)) {
            if (const std::uint32_t i = slot_of(*b, wanted); i != nowhere) return {b, i};
        }
        return checked({nullptr, nowhere});
    }
    [[nodiscard]] static place checked(place at) noexcept {
        RMAP_CHECK_ALWAYS(policy, at.slot != nowhere, not_linked,
                          "a vma is not where its anon_vma has it");
        return at;
    }
    // Where one more goes: behind that one; or by its offset, behind all that it has any in common
    // with.
    [[nodiscard]] static place target(const node& n, const vma& v, const vma* behind,
                                      path& p) noexcept {
        block* b = &root_of_several(n);
        if (behind != nullptr) {
            const place at = find(*b, *behind, p);
            return {at.of, at.slot + 1};
        }
        p.begin_at(*b);
        const pgoff_t last = range_of(v).last();
        std::uint32_t i = b->live;
        for (; b->level != 0; i = b->live) {
            while (i > 1 && index::bounds_at(*b, i - 1).first > last)
                --i;
            b = &p.go_down(*b, i - 1);
        }
        while (i != 0 && run::first_at(*b, i - 1) > last)
            --i;
        return {b, i};
    }
    // The same, if lacks() has not found it a moment ago.
    [[nodiscard]] static place where_to(const node& n, const vma& v, const vma* behind, path& p,
                                        list& spare) noexcept {
        block& root = root_of_several(n);
        std::uint32_t slot = 0;
        block* const known = spare.recall(behind != nullptr ? behind : &v, slot);
        if (known != &root) return target(n, v, behind, p);
        p.begin_at(root);
        return {known, slot};
    }

    static void add_to_few(node& n, vma& v, const vma* behind, list& spare) noexcept {
        auto& mine = n.links;
        mine.members = mine.members + 1;
        if (mine.members == 1) {
            mine.pieces = &Map::hook_of(v);
            return;
        }
        vma& there = only(n);
        block& b = begin(n, spare.take(smallest), range_of(there));
        insert(b, 0, there);
        insert(b, behind != nullptr || traits::pgoff(there) <= range_of(v).last() ? 1 : 0, v);
        mine.pieces = &b;
    }
    // The place is in a full block. A small one is exchanged for a larger one, where the place then
    // is. Otherwise the second half goes to a fresh block; or the new piece alone, as more of a row
    // come there; in both cases it is filed, and the answer is false.
    [[nodiscard]] static bool made_room(node& n, place& at, path& p, vma& v, list& spare) noexcept {
        block& full = *at.of;
        block& fresh = spare.take(largest);
        fresh.owner = &n;
        fresh.prev = nullptr;
        if (full.capacity < largest) {
            fresh.begin_with(range_of(vma_at(full, 0)));
            move(full, 0, fresh);
            spare.push(full);
            n.links.pieces = &fresh;
            at.of = &fresh;
            p.begin_at(fresh);
            return true;
        }
        const std::uint32_t live = full.live;
        const bool at_end = at.slot == live && full.next.get() == nullptr;
        const std::uint32_t from = at_end ? live : live / 2;
        fresh.begin_with(range_of(at_end ? v : vma_at(full, from)));
        move(full, from, fresh);
        summarise(full);  // what divide() left it of the last one
        if (!at_end && at.slot <= from) {
            insert(full, at.slot, v);
        } else {
            insert(fresh, at.slot - from, v);
        }
        n.links.pieces = &index::enter(root_of_several(n), p, full, fresh, spare);
        return false;
    }
    // A block has lost a piece.
    static bool one_less(node& n, const path& p, block& b, cow_bounds before,
                         list& spent) noexcept {
        auto& mine = n.links;
        const cow_bounds all = b.level == p.top() ? before : bounds_of(n);
        block* root = static_cast<block*>(mine.pieces.get());
        if (root != &b) {
            root = &index::settle(*root, p, b, before, spent,
                                  [](block& left, block& right) { move(right, 0, left); });
            mine.pieces = root;
        }
        mine.members = mine.members - 1;
        if (mine.members != 1) return index::bounds_of(*root) != all;
        mine.pieces = &Map::hook_of(vma_at(*root, 0));
        root->live = 0;
        spent.push(*root);
        return true;
    }
};

}  // namespace rmap::inline RMAP_ABI
