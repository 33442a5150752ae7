// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_valid: whether what topologies::cow_tree keeps of an anon_vma is so: its pieces, the entries
// of its children, its own entry in its parent, counts, and what blocks say that they cover.

#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/topologies/cow_block.hpp>
#include <rmap/topologies/cow_index.hpp>
#include <rmap/topologies/cow_kids.hpp>
#include <rmap/topologies/cow_kin.hpp>
#include <rmap/topologies/cow_late.hpp>
#include <rmap/topologies/cow_pieces.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy>
struct cow_valid {
    using node = anon_vma<Policy>;
    using block = cow_block<Policy>;
    using kin = cow_kin<Policy>;

    template <class Map>
    [[nodiscard]] static bool check(node& n) noexcept {
        return pieces_of<Map>(n) && index_of<Map>(n) && kids_of<Map>(n) && place_of<Map>(n);
    }

private:
    // Whether the blocks are in order.
    template <class>
    [[nodiscard]] static bool links(void* first_of_all, bool is_no_block) noexcept {
        if (is_no_block) return true;
        block* const first = static_cast<block*>(first_of_all);
        for (block* b = first; b != nullptr; b = b->next) {
            block* const next = b->next;
            if ((next != nullptr ? next : first)->prev.get() != b) return false;
        }
        return true;
    }

    template <class Map>
    [[nodiscard]] static bool pieces_of(node& n) noexcept {
        using pieces = cow_pieces<Map>;
        if constexpr (cow_glances<Policy>) {
            const auto& told = n.links.sole;
            if (n.links.members != 1) {
                if (!told.says_nothing()) return false;
            } else if (auto& v = pieces::only(n);
                       !told.says(pieces::range_of(v), pieces::mm_of(v))) {
                return false;
            }
        }
        if (n.links.members == 0) return true;
        if (n.links.members == 1) return home_of<Map>(pieces::only(n)) == &n;
        std::uint32_t count = 0;
        block* before = nullptr;
        for (block* b = pieces::first_block(n); b != nullptr; before = b, b = b->next) {
            if (b->prev.get() != before || b->owner.get() != &n || b->live == 0 ||
                b->live != b->used) {
                return false;
            }
            cow_bounds all;
            for (std::uint32_t i = 0; i != b->live; ++i) {
                auto& v = pieces::vma_at(*b, i);
                const cow_range r = pieces::range_of(v);
                if (home_of<Map>(v) != &n || !says<Map>(*b, i, v, 0)) return false;
                all.include(r.pgoff, r.last());
            }
            // A search looks at slots by the group: those behind name nothing.
            for (std::uint32_t i = b->live; i != b->capacity; ++i) {
                if (b->about(i).get() != nullptr) return false;
            }
            if (all != cow_index<Policy>::bounds_of(*b)) return false;
            count += b->live;
        }
        return count == n.links.members;
    }

    // Level by level: what is below is the level below, in order, and covers what is said.
    template <class Map>
    [[nodiscard]] static bool index_of(node& n) noexcept {
        using index = cow_index<Policy>;
        block* first = cow_pieces<Map>::root_of(n);
        if (first == nullptr) return true;
        if (first->next.get() != nullptr || (first->level != 0 && first->live < 2)) return false;
        for (; first->level != 0; first = &index::below(*first, 0)) {
            block* low = &index::below(*first, 0);
            block* before = nullptr;
            for (block* b = first; b != nullptr; before = b, b = b->next) {
                if (b->prev.get() != before || b->owner.get() != &n) return false;
                if (b->level != first->level || b->live == 0 || b->live != b->used) return false;
                cow_bounds all;
                for (std::uint32_t i = 0; i != b->live; ++i, low = low->next) {
                    if (low != &index::below(*b, i) || low->level + 1U != b->level) return false;
                    const cow_bounds said = index::bounds_at(*b, i);
                    if (said != index::bounds_of(*low)) return false;
                    all.include(said.first, said.last);
                }
                if (all != index::bounds_of(*b)) return false;
            }
            if (low != nullptr) return false;
        }
        return true;
    }

    template <class Map>
    [[nodiscard]] static bool kids_of(node& n) noexcept {
        if (node* const only = kin::only_kid(n); only != nullptr) {
            return kin::parent_of(*only) == &n && covered<Map>(*only);
        }
        if (!links<Policy>(n.links.kids.get(), !kin::has_kids(n))) return false;
        bool room = true;         // so far: those with room are in front
        std::uint32_t small = 0;  // blocks that will grow: one at most; when full it is the last
        for (block* b = kin::blocks_of(n); b != nullptr; b = b->next) {
            if (b->owner.get() != &n || (!b->full() && !room)) return false;
            room = !b->full();
            if (b->capacity < cow_kids<Map>::largest) {
                if (++small > 1 || (!room && b->next.get() != nullptr)) return false;
            }
            std::uint32_t live = 0;
            std::uint32_t flagged = 0;
            for (std::uint32_t i = 0; i != b->used; ++i) {
                flagged += block::has_flag(b->at(i).pages) ? 1 : 0;
                if (cow_kids<Map>::is_hole(*b, i)) continue;
                if constexpr (has_late<Map>) {
                    if (void* const about = b->about(i); cow_late<Policy>::is_vma(about)) {
                        if (!late_of<Map>(n, *b, i, cow_late<Policy>::hook_of(about))) return false;
                        ++live;
                        continue;
                    }
                }
                node& kid = cow_kids<Map>::kid_at(*b, i);
                if (kin::entry_block(kid) != b || kid.links.slot != i || !entry_of<Map>(kid)) {
                    return false;
                }
                ++live;
            }
            if (live == 0 || live != b->live || flagged != b->flagged) return false;
        }
        return true;
    }

    // Whether the entry of a late vma, and what its block covers, are right.
    template <class Map>
    [[nodiscard]] static bool late_of(node& n, block& b, std::uint32_t slot,
                                      vma_hook<Policy>& of) noexcept {
        auto& v = Map::vma_of(of);
        const cow_range r = cow_pieces<Map>::range_of(v);
        return Map::nearest(v) == &n && &cow_late<Policy>::block_of(of) == &b &&
               cow_late<Policy>::slot_of(of) == slot && says<Map>(b, slot, v, 0) &&
               b.covers(r.pgoff) && b.covers(r.last());
    }

    template <class Map>
    [[nodiscard]] static bool place_of(node& n) noexcept {
        if (node* const parent = kin::parent_of_only(n); parent != nullptr) {
            return kin::only_kid(*parent) == &n && covered<Map>(n);
        }
        return kin::entry_block(n) == nullptr || entry_of<Map>(n);
    }

    // Whether the next block on the way up from an only child covers what that and its blocks do.
    template <class Map>
    [[nodiscard]] static bool covered(node& kid) noexcept {
        node* at = kin::parent_of(kid);
        while (at != nullptr && kin::entry_block(*at) == nullptr)
            at = kin::parent_of_only(*at);
        if (at == nullptr) return true;
        block& b = *kin::entry_block(*at);
        cow_bounds own = cow_pieces<Map>::bounds_of(kid);
        if (kid.links.members == 1) {
            const cow_range r = cow_pieces<Map>::range_of(cow_pieces<Map>::only(kid));
            own = {r.pgoff, r.last()};
        }
        if (own.first <= own.last && !(b.covers(own.first) && b.covers(own.last))) return false;
        return covers_blocks(b, kid);
    }
    [[nodiscard]] static bool covers_blocks(block& b, node& kid) noexcept {
        for (block* below = kin::blocks_of(kid); below != nullptr; below = below->next) {
            if (below->lo <= below->hi && !(b.covers(below->lo) && b.covers(below->hi))) {
                return false;
            }
        }
        return true;
    }

    // Whether the entry of a child, and what its block covers, are right.
    template <class Map>
    [[nodiscard]] static bool entry_of(node& kid) noexcept {
        using pieces = cow_pieces<Map>;
        block& b = *kin::entry_block(kid);
        const std::uint32_t flags = kin::has_kids(kid) ? block::kids_flag : 0;
        cow_bounds all = pieces::bounds_of(kid);
        if (kid.links.members == 1) {
            const cow_range r = pieces::range_of(pieces::only(kid));
            all = {r.pgoff, r.last()};
            if (!says<Map>(b, kid.links.slot, pieces::only(kid), flags)) return false;
        } else {
            typename block::entry e{};
            if (all.first > all.last) {
                e.pages = flags;
            } else {
                b.set_range(e, all.first, all.last - all.first + 1, flags | block::look_flag);
            }
            if (!same(e, b.at(kid.links.slot))) return false;
        }
        if (all.first <= all.last && !(b.covers(all.first) && b.covers(all.last))) return false;
        return covers_blocks(b, kid);
    }

    template <class Map>
    [[nodiscard]] static bool says(block& b, std::uint32_t slot, typename Map::vma_type& v,
                                   std::uint32_t flags) noexcept {
        using pieces = cow_pieces<Map>;
        typename block::entry e{};
        b.set_vma(e, pieces::range_of(v), pieces::mm_of(v), flags);
        return same(e, b.at(slot)) && e.mm.get() == b.at(slot).mm.get();
    }
    [[nodiscard]] static bool same(const typename block::entry& a,
                                   const typename block::entry& b) noexcept {
        return a.pages == b.pages && ((a.pages & block::pages_mask) == 0 || a.first == b.first);
    }
    template <class Map>
    [[nodiscard]] static const node* home_of(const typename Map::vma_type& v) noexcept {
        return Map::hook_of(v).home_;
    }
};

}  // namespace rmap::inline RMAP_ABI
