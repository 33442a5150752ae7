// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_cover: what blocks of children say that they cover under topologies::cow_tree, when something
// below has become larger or is new. Each block on the way to a root covers all that is below it;
// an only child has no block, and what its parent holds itself says enough (cow_kin.hpp). Nothing
// here makes it less: cow_kids does that, of blocks whose entries tell. Needs the update guard.

#include <rmap/core/config.hpp>
#include <rmap/core/types.hpp>
#include <rmap/topologies/cow_block.hpp>
#include <rmap/topologies/cow_kin.hpp>
#include <rmap/topologies/cow_pieces.hpp>

namespace rmap::inline RMAP_ABI {

template <class Map>
struct cow_cover {
    using policy = typename Map::policy;
    using node = anon_vma<policy>;
    using block = cow_block<policy>;
    using kin = cow_kin<policy>;
    using pieces = cow_pieces<Map>;

    /// The blocks that lead to `kid` cover these offsets. They do so of what a parent holds itself.
    [[gnu::noinline]] static void cover(node& kid, pgoff_t first, pgoff_t last) noexcept {
        for (node* at = &kid;;) {
            if (block* const b = kin::entry_block(*at); b != nullptr) {
                if (!b->widen(first, last)) return;
                at = b->owner;
            } else {
                at = kin::parent_of_only(*at);
                if (at == nullptr) return;
                const cow_bounds own = own_bounds(*at);
                if (own.first <= first && last <= own.last) return;
            }
        }
    }
    /// Of what `kid`, which has no entry, holds itself.
    static void cover_own(node& kid) noexcept {
        if (kin::parent_of_only(kid) == nullptr) return;
        const cow_bounds own = own_bounds(kid);
        if (own.first <= own.last) cover(kid, own.first, own.last);
    }
    [[nodiscard]] static cow_bounds own_bounds(const node& n) noexcept {
        if (n.links.members != 1) return pieces::bounds_of(n);
        const cow_range r = pieces::range_of(pieces::only(n));
        return {r.pgoff, r.last()};
    }
    /// Of what is below `kid`, which has got an entry. Who looks for it in a long chain gives up,
    /// and lets the blocks cover everything.
    static void cover_below(node& kid) noexcept {
        constexpr unsigned far = 16;
        node* at = &kid;
        for (unsigned i = 0; i != far; ++i) {
            node* const only = kin::only_kid(*at);
            if (only == nullptr) {
                for (block* b = kin::blocks_of(*at); b != nullptr; b = b->next) {
                    if (b->lo <= b->hi) cover(kid, b->lo, b->hi);
                }
                return;
            }
            at = only;
            const cow_bounds own = own_bounds(*at);
            if (own.first <= own.last) cover(kid, own.first, own.last);
        }
        cover(kid, 0, ~pgoff_t{0});
    }
};

}  // namespace rmap::inline RMAP_ABI
