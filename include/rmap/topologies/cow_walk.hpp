// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_walk: the walks over a subtree of topologies::cow_tree: of the vmas that cover an offset, a
// stream of entries that the cursor finds, and of all of them.

#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/core/types.hpp>
#include <rmap/topologies/cow_block.hpp>
#include <rmap/topologies/cow_cursor.hpp>
#include <rmap/topologies/cow_kids.hpp>
#include <rmap/topologies/cow_kin.hpp>
#include <rmap/topologies/cow_late.hpp>
#include <rmap/topologies/cow_pieces.hpp>

namespace rmap::inline RMAP_ABI {

template <class Map>
struct cow_walk {
    using policy = typename Map::policy;
    using node = anon_vma<policy>;
    using block = cow_block<policy>;
    using kids = cow_kids<Map>;
    using kin = cow_kin<policy>;
    using pieces = cow_pieces<Map>;
    using place = cow_place<Map>;

    /// f(place) for each vma at or below `top` that covers `index`, until f returns false. Returns
    /// whether it came to the end. f is called from one place, so that it can be a part of the
    /// loop; and in an inner loop that calls it in every turn, so that what it counts can be kept
    /// in registers there: what a loop only may write, compilers leave in memory.
    template <class F>
    [[gnu::always_inline]] static inline bool covering(node& top, pgoff_t index, F& f) {
        cow_cursor<Map> c{top, index};
        const bool one = c.is_all();
        if (!c.begin()) return true;
        do {
            const auto* e = c.at;
            const auto* const end = c.end;
            const auto* const first = c.first;
            const auto* const abouts = c.abouts;
            const std::uint32_t wanted = c.wanted;
            const pgno address = c.address;
            const bool is_kid = c.is_kid;
            const auto covers = [&]() noexcept { return wanted - e->first < e->pages; };
            for (; e != end; ++e) {
                if (!covers()) continue;
                do {
                    if (!f(place{e->mm.get(), address, abouts + (e - first), is_kid})) return false;
                    ++e;
                } while (e != end && covers());
                if (e == end) break;
            }
        } while (!one && c.step());
        return true;
    }

    /// f(vma) for each vma at or below `top`.
    template <class F>
    [[gnu::always_inline]] static inline bool all(node& top, F& f) {
        node* at = &top;
        if (!all_pieces(*at, f)) return false;
        for (;;) {
            while (node* const only = kin::only_kid(*at)) {
                at = only;
                if (!all_pieces(*at, f)) return false;
            }
            block* b = kin::blocks_of(*at);
            std::uint32_t slot = 0;
            node* down = nullptr;
            for (;;) {
                for (; b != nullptr && down == nullptr; b = b->next, slot = 0) {
                    for (; slot != b->used && down == nullptr; ++slot) {
                        if (kids::is_hole(*b, slot)) continue;
                        if constexpr (has_late<Map>) {
                            if (void* const of = b->about(slot); cow_late<policy>::is_vma(of)) {
                                if (!f(Map::vma_of(cow_late<policy>::hook_of(of)))) return false;
                                continue;
                            }
                        }
                        node& kid = kids::kid_at(*b, slot);
                        if (!all_pieces(kid, f)) return false;
                        if (kin::has_kids(kid)) down = &kid;
                    }
                }
                if (down != nullptr) break;
                // Back up, behind where we came from.
                while (at != &top && kin::entry_block(*at) == nullptr)
                    at = kin::parent_of_only(*at);
                if (at == &top) return true;
                b = kin::entry_block(*at);
                slot = at->links.slot + 1;
                at = b->owner;
            }
            at = down;
        }
    }

private:
    template <class F>
    [[gnu::always_inline]] static inline bool all_pieces(node& n, F& f) {
        if (n.links.members == 1) return f(pieces::only(n));
        for (block* b = pieces::first_block(n); b != nullptr; b = b->next) {
            for (std::uint32_t i = 0; i != b->live; ++i) {
                if (!f(pieces::vma_at(*b, i))) return false;
            }
        }
        return true;
    }
};

}  // namespace rmap::inline RMAP_ABI
