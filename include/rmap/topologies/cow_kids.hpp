// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_kids: the children of an anon_vma under topologies::cow_tree. Each has an entry in one of its
// parent's blocks, which mirrors the child's vma if there is one; in no order, so that one goes in
// and out without moving others. Blocks with room stand in front. A block of less than the largest
// capacity moves into a larger one when it is full, so that up to 128 children are in one block and
// a walk over them is one run of entries; one that is almost empty moves into another that has
// room. A child that is the only one since it came needs no entry (cow_kin.hpp).

#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/topologies/cow_block.hpp>
#include <rmap/topologies/cow_cover.hpp>
#include <rmap/topologies/cow_kin.hpp>
#include <rmap/topologies/cow_late.hpp>
#include <rmap/topologies/cow_pieces.hpp>

namespace rmap::inline RMAP_ABI {

template <class Map>
struct cow_kids : cow_cover<Map> {
    using policy = typename Map::policy;
    using node = anon_vma<policy>;
    using block = cow_block<policy>;
    using blocks = cow_blocks<policy>;
    using list = cow_list<policy>;
    using kin = cow_kin<policy>;
    using pieces = cow_pieces<Map>;
    using late = cow_late<policy>;
    using vma = typename Map::vma_type;

    using cow_cover<Map>::cover;
    using cow_cover<Map>::cover_below;
    using cow_cover<Map>::cover_own;

    static constexpr std::uint32_t smallest = 4;
    static constexpr std::uint32_t largest = 128;

    [[nodiscard]] static node& kid_at(block& b, std::uint32_t i) noexcept {
        return *static_cast<node*>(b.about(i).get());
    }

    /// The capacity of the block that one more child takes; 0: there is room.
    [[nodiscard]] [[gnu::always_inline]] static inline std::uint32_t lacks(
        const node& parent) noexcept {
        block* const front = kin::blocks_of(parent);
        if (front != nullptr && !front->full()) [[likely]]
            return 0;
        return lacks_behind(parent, front);
    }
    [[nodiscard]] [[gnu::noinline]] static std::uint32_t lacks_behind(const node& parent,
                                                                      block* front) noexcept {
        if (front == nullptr) return has_late<Map> || kin::has_kids(parent) ? smallest : 0;
        block* const tail = front->prev;
        if (tail->capacity < largest) return larger_than(tail->capacity);
        return tail == front ? largest / 2 : largest;
    }

    /// `kid` has the one vma `v` by now, and no parent. Blocks come from `spare`, and go there.
    [[gnu::always_inline]] static inline void add(node& parent, node& kid, vma& v,
                                                  list& spare) noexcept {
        if (!has_late<Map> && !kin::has_kids(parent)) [[unlikely]]
            return add_only(parent, kid);
        block& b = with_room(parent, v, spare);
        const std::uint32_t slot = take_slot(b);
        b.about(slot) = &kid;
        kid.links.where = &b;
        kid.links.slot = static_cast<std::uint16_t>(slot);
        enter(b, slot, v);
    }
    /// The same for a vma that has no anon_vma of its own yet.
    [[gnu::always_inline]] static inline void add_late(node& parent, vma& v, list& spare) noexcept {
        put_late(with_room(parent, v, spare), v);
    }

    /// Returns the parent; null, and nothing has happened: there is none. The words `where` and
    /// `slot` of `kid` are as before: those of who keeps it, or forgets (cow_spares.hpp).
    [[gnu::always_inline]] static inline node* remove(node& kid, list& spent) noexcept {
        if (block* const b = kin::entry_block(kid); b != nullptr) [[likely]] {
            node* const parent = b->owner;
            remove(*b, kid.links.slot, spent);
            return parent;
        }
        return remove_only(kid);
    }
    [[gnu::always_inline]] static inline void remove_late(vma& v, list& spent) noexcept {
        auto& hook = Map::hook_of(v);
        remove(late::block_of(hook), late::slot_of(hook), spent);
    }
    /// The entry of a late vma is that of `kid` from now on, which is to hold the vma alone. An
    /// only child needs none.
    static void replace(vma& v, node& kid, list& spent) noexcept {
        auto& hook = Map::hook_of(v);
        block& b = late::block_of(hook);
        const std::uint32_t slot = late::slot_of(hook);
        node& parent = *b.owner.get();
        if (b.live == 1 && b.prev.get() == &b) {
            remove(b, slot, spent);
            return kin::tie(parent, kid);
        }
        b.about(slot) = &kid;
        kid.links.where = &b;
        kid.links.slot = static_cast<std::uint16_t>(slot);
    }

    /// Brings the entry of a child up to date with the child's pieces and children. `narrows`: what
    /// its block covers may be less than before.
    static void mirror(node& kid, bool narrows = false) noexcept {
        pieces::tell_glances(kid);
        block* const b = kin::entry_block(kid);
        if (b == nullptr) return cover_own(kid);
        const auto bounds = write(*b, kid.links.slot, kid);
        if (bounds.first > bounds.last) return;
        cover(kid, bounds.first, bounds.last);
        if (narrows && b->flagged == 0) narrow(*b);
    }

    /// The same where nothing has become larger.
    static void mirror_less(node& kid) noexcept {
        pieces::tell_glances(kid);
        if (block* const b = kin::entry_block(kid); b != nullptr) {
            static_cast<void>(write(*b, kid.links.slot, kid));
        }
    }

    /// The same of a late vma, whose range has changed.
    static void mirror_late(vma& v) noexcept {
        auto& hook = Map::hook_of(v);
        block& b = late::block_of(hook);
        write_late(b, late::slot_of(hook), v);
        if (b.flagged == 0) narrow(b);
    }

private:
    [[gnu::noinline]] static node* remove_only(node& kid) noexcept {
        node* const parent = kin::parent_of_only(kid);
        if (parent != nullptr) kin::untie(*parent, kid);
        return parent;
    }
    // An entry goes, and the block with it if it was the last.
    [[gnu::always_inline]] static inline void remove(block& b, std::uint32_t slot,
                                                     list& spent) noexcept {
        const bool was_full = b.full();
        take_out(b, slot);
        if (was_full && b.prev->next.get() != nullptr) to_front(b.owner->links.kids, b);
        if (b.live * 4 <= b.capacity) [[unlikely]]
            shrunk(b, spent);
    }
    [[gnu::noinline]] static void shrunk(block& b, list& spent) noexcept {
        node& parent = *b.owner.get();
        if (b.live != 0) return move_into_another(parent, b, spent);
        blocks::erase(parent.links.kids, b);
        spent.push(b);
    }

    // In steps, so that at most three eighths of a block are empty, from 8 entries on a third, and
    // each child moves about twice while the family grows.
    [[nodiscard]] static std::uint32_t larger_than(std::uint32_t capacity) noexcept {
        if (capacity < 16) return capacity + 4;
        const bool is_power = (capacity & (capacity - 1)) == 0;
        return is_power ? capacity + capacity / 2 : capacity / 3 * 4;
    }

    [[gnu::noinline]] static void add_only(node& parent, node& kid) noexcept {
        kin::tie(parent, kid);
        cover_own(kid);
    }
    // A block of the parent that has room for one more.
    [[nodiscard]] static block& with_room(node& parent, const vma& v, list& spare) noexcept {
        block* const front = kin::blocks_of(parent);
        if (front != nullptr && !front->full()) [[likely]]
            return *front;
        return with_more(parent, v, spare);
    }
    [[nodiscard]] [[gnu::noinline]] static block& with_more(node& parent, const vma& v,
                                                            list& spare) noexcept {
        auto& mine = parent.links;
        block* const front = kin::blocks_of(parent);
        block& fresh = spare.take(lacks(parent));
        fresh.owner = &parent;
        if (node* const only = kin::only_kid(parent); only != nullptr) {
            kin::untie(parent, *only);
            fresh.begin_with(pieces::view_of(*only));
            put(fresh, *only);
            cover_below(*only);
        } else if (front == nullptr || front->prev->capacity == largest) {
            fresh.begin_with(pieces::range_of(v));
        } else {
            move_all(mine.kids, *front->prev.get(), fresh, spare);
        }
        blocks::push_front(mine.kids, fresh);
        return fresh;
    }

    // A full block's entries keep their slots.
    static void move_all(auto& first, block& full, block& fresh, list& spent) noexcept {
        fresh.take_over(full);
        for (std::uint32_t i = 0; i != fresh.used; ++i) {
            full.about(i) = nullptr;
            if constexpr (has_late<Map>) {
                if (void* const about = fresh.about(i); late::is_vma(about)) {
                    late::set_place(late::hook_of(about), fresh, i);
                    continue;
                }
            }
            kid_at(fresh, i).links.where = &fresh;
        }
        blocks::erase(first, full);
        full.live = 0;
        spent.push(full);
    }

    [[nodiscard]] [[gnu::always_inline]] static inline std::uint32_t take_slot(block& b) noexcept {
        std::uint32_t slot = b.used;
        if (b.hole != 0) {
            slot = b.hole - 1;
            b.hole = next_hole(b, slot);
        } else {
            b.used = slot + 1;
        }
        b.live = b.live + 1;
        b.at(slot).pages = 0;
        return slot;
    }
    [[gnu::always_inline]] static inline void put_late(block& b, vma& v) noexcept {
        const std::uint32_t slot = take_slot(b);
        b.about(slot) = late::about(Map::hook_of(v));
        late::set_place(Map::hook_of(v), b, slot);
        enter(b, slot, v);
    }
    // What the entry, of one vma alone, says.
    [[gnu::always_inline]] static inline void enter(block& b, std::uint32_t slot, vma& v) noexcept {
        auto& e = b.at(slot);
        const cow_range r = pieces::range_of(v);
        b.set_vma(e, r, pieces::mm_of(v), 0);
        count_flagged(b, false, block::has_flag(e.pages));
        if (b.widen(r.pgoff, r.last())) [[unlikely]]
            cover(*b.owner.get(), r.pgoff, r.last());
        if (b.full() && b.next.get() != nullptr) to_back(b.owner->links.kids, b);
    }
    static void put(block& b, node& kid) noexcept {
        const std::uint32_t slot = take_slot(b);
        b.about(slot) = &kid;
        kid.links.where = &b;
        kid.links.slot = static_cast<std::uint16_t>(slot);
        const cow_bounds own = write(b, slot, kid);
        if (own.first <= own.last) cover(kid, own.first, own.last);
        if (b.full() && b.next.get() != nullptr) to_back(b.owner->links.kids, b);
    }

    [[gnu::always_inline]] static inline void take_out(block& b, std::uint32_t slot) noexcept {
        auto& e = b.at(slot);
        if (block::has_flag(e.pages)) b.flagged = b.flagged - 1;
        e.pages = 0;
        e.mm = nullptr;
        // Holes are a list: each names the next one, in the place of the child.
        b.about(slot) = reinterpret_cast<void*>(std::uintptr_t{b.hole});
        b.hole = slot + 1;
        b.live = b.live - 1;
    }
    [[nodiscard]] static std::uint32_t next_hole(block& b, std::uint32_t slot) noexcept {
        return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(b.about(slot).get()));
    }

    // The few that are left in `b` go to the block in front, or the one behind it, if there is
    // room.
    static void move_into_another(node& parent, block& b, list& spent) noexcept {
        auto& mine = parent.links;
        block* to = kin::blocks_of(parent);
        if (to == &b) to = b.next;
        if (to == nullptr || to->capacity - to->live < b.live) return;
        if (b.lo <= b.hi) to->widen(b.lo, b.hi);  // of what is below them, too
        for (std::uint32_t i = 0; i != b.used && b.live != 0; ++i) {
            if (is_hole(b, i)) continue;
            if constexpr (has_late<Map>) {
                if (void* const about = b.about(i); late::is_vma(about)) {
                    take_out(b, i);
                    put_late(*to, Map::vma_of(late::hook_of(about)));
                    continue;
                }
            }
            node& kid = kid_at(b, i);
            take_out(b, i);
            put(*to, kid);
        }
        blocks::erase(mine.kids, b);
        spent.push(b);
    }

    [[gnu::noinline]] static void to_front(auto& first, block& b) noexcept {
        blocks::erase(first, b);
        blocks::push_front(first, b);
    }
    // Behind those with room. One that is to grow stays the last.
    [[gnu::noinline]] static void to_back(auto& first, block& b) noexcept {
        blocks::erase(first, b);
        block* const front = static_cast<block*>(first.get());
        block& tail = *front->prev.get();
        if (tail.capacity == largest || !tail.full()) {
            blocks::push_back(first, b);
        } else if (front == &tail) {
            blocks::push_front(first, b);
        } else {
            blocks::insert_behind(first, *tail.prev.get(), b);
        }
    }

    // Returns what the pieces of the child cover.
    [[gnu::always_inline]] static inline cow_bounds write(block& b, std::uint32_t slot,
                                                          node& kid) noexcept {
        auto& e = b.at(slot);
        const std::uint32_t kids = kin::has_kids(kid) ? block::kids_flag : 0;
        const bool was_flagged = block::has_flag(e.pages);
        cow_bounds bounds;
        if (kid.links.members == 1) {
            auto& v = pieces::only(kid);
            const cow_range r = pieces::range_of(v);
            bounds = {r.pgoff, r.last()};
            b.set_vma(e, r, pieces::mm_of(v), kids);
        } else {
            bounds = pieces::bounds_of(kid);
            e.mm = nullptr;
            if (bounds.first > bounds.last) {
                e.pages = kids;
            } else {
                b.set_range(e, bounds.first, bounds.last - bounds.first + 1,
                            kids | block::look_flag);
            }
        }
        count_flagged(b, was_flagged, block::has_flag(e.pages));
        return bounds;
    }

    static void write_late(block& b, std::uint32_t slot, vma& v) noexcept {
        auto& e = b.at(slot);
        const bool was_flagged = block::has_flag(e.pages);
        const cow_range r = pieces::range_of(v);
        b.set_vma(e, r, pieces::mm_of(v), 0);
        count_flagged(b, was_flagged, block::has_flag(e.pages));
        if (b.widen(r.pgoff, r.last())) cover(*b.owner.get(), r.pgoff, r.last());
    }
    static void count_flagged(block& b, bool was, bool is) noexcept {
        if (was != is) b.flagged = is ? b.flagged + 1 : b.flagged - 1;
    }

    // Of a block without flags the entries say what it covers.
    static void narrow(block& b) noexcept {
        b.lo = 1;
        b.hi = 0;
        for (std::uint32_t i = 0; i != b.used; ++i) {
            auto& e = b.at(i);
            if (e.pages == 0) continue;
            const pgoff_t first = b.base + e.first;
            b.widen(first, first + (e.pages - 1));
        }
    }

public:
    [[nodiscard]] static bool is_hole(block& b, std::uint32_t slot) noexcept {
        return reinterpret_cast<std::uintptr_t>(b.about(slot).get()) <= b.capacity;
    }
};

}  // namespace rmap::inline RMAP_ABI
