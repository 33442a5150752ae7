// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_walk: the walk over a subtree of topologies::cow_tree: an anon_vma's own vmas, then its
// children's, each followed by what is below it; so a fork child's vma comes after its parent's.
// Neither recursion nor a stack: each child knows its place among its siblings, from where the walk
// goes on when it comes back up.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rmap/core/config.hpp>
#include <rmap/core/types.hpp>
#include <rmap/topologies/cow_block.hpp>
#include <rmap/topologies/cow_kids.hpp>
#include <rmap/topologies/cow_pieces.hpp>

namespace rmap::inline RMAP_ABI {

/// A place that an entry told of; the vma is looked up when the visitor asks for it.
template <class Map>
class cow_place {
    using pieces = cow_pieces<Map>;
    using mm_type = std::remove_reference_t<decltype(pieces::traits::mm(
        *static_cast<const typename Map::vma_type*>(nullptr)))>;

public:
    cow_place(void* mm, pgno address, const typename pieces::node* kid, void* hook) noexcept
        : mm_{mm}, address_{address}, kid_{kid}, hook_{hook} {}

    [[nodiscard]] mm_type& mm() const noexcept { return *static_cast<mm_type*>(mm_); }
    [[nodiscard]] pgno address() const noexcept { return address_; }
    [[nodiscard]] typename Map::vma_type& vma() const noexcept {
        if (kid_ != nullptr) return pieces::only(*kid_);
        return Map::vma_of(*static_cast<typename pieces::hook*>(hook_));
    }

private:
    void* mm_;
    pgno address_;
    const typename pieces::node* kid_;  // EITHER the anon_vma whose only vma it is
    void* hook_;                        // OR the vma's hook
};

template <class Map>
struct cow_walk {
    using policy = typename Map::policy;
    using node = anon_vma<policy>;
    using block = cow_block<policy>;
    using kids = cow_kids<Map>;
    using pieces = cow_pieces<Map>;
    using vma = typename Map::vma_type;
    using place = cow_place<Map>;

    /// f(place) for each vma at or below `top` that covers `index`, until f returns false. Returns
    /// whether it came to the end.
    template <class F>
    static bool covering(node& top, pgoff_t index, F& f) {
        if (!own_pieces(top, index, f)) return false;
        node* at = &top;
        block* b = top.links.kids;
        std::uint32_t slot = 0;
        for (;;) {
            while (b != nullptr) {
                node* down = nullptr;
                if (b->covers(index) && !scan(*b, slot, index, f, down)) return false;
                slot = 0;
                if (down == nullptr) {
                    b = b->next;
                } else {
                    at = down;
                    b = down->links.kids;
                }
            }
            if (at == &top) return true;
            b = at->links.where;
            slot = at->links.slot + 1;
            at = b->owner;
        }
    }

    /// f(vma) for each vma at or below `top`.
    template <class F>
    static bool all(node& top, F& f) {
        if (!all_pieces(top, f)) return false;
        node* at = &top;
        block* b = top.links.kids;
        std::uint32_t slot = 0;
        for (;;) {
            while (b != nullptr) {
                node* down = nullptr;
                for (; slot != b->used && down == nullptr; ++slot) {
                    if (kids::is_hole(*b, slot)) continue;
                    node& kid = kids::kid_at(*b, slot);
                    if (!all_pieces(kid, f)) return false;
                    if (kid.links.kid_count != 0) down = &kid;
                }
                slot = 0;
                if (down == nullptr) {
                    b = b->next;
                } else {
                    at = down;
                    b = down->links.kids;
                }
            }
            if (at == &top) return true;
            b = at->links.where;
            slot = at->links.slot + 1;
            at = b->owner;
        }
    }

private:
    // The entries of a block from `slot` on, as far as a child with children of its own.
    template <class F>
    static bool scan(block& b, std::uint32_t slot, pgoff_t index, F& f, node*& down) {
        const std::uint32_t wanted = b.offset_of(index);
        const pgno address = index + b.delta;
        for (const std::uint32_t used = b.used; slot != used; ++slot) {
            const auto& e = b.at(slot);
            const std::uint32_t pages = e.pages;
            const std::uint32_t distance = wanted - e.first;
            if (distance < pages && pages <= block::pages_mask) {
                if (!f(place{e.mm.get(), address, &kids::kid_at(b, slot), nullptr})) return false;
            } else if (pages > block::pages_mask) {
                node& kid = kids::kid_at(b, slot);
                if (block::may_cover(pages, distance)) {
                    if ((pages & block::look_flag) != 0) {
                        if (!own_pieces(kid, index, f)) return false;
                    } else if (!f(place{e.mm.get(), address, &kid, nullptr})) {
                        return false;
                    }
                }
                if ((pages & block::kids_flag) != 0) {
                    down = &kid;
                    return true;
                }
            }
        }
        return true;
    }

    template <class F>
    static bool own_pieces(node& n, pgoff_t index, F& f) {
        if (n.links.members == 1) return one(pieces::only(n), index, f);
        for (block* b = pieces::first_block(n); b != nullptr; b = b->next) {
            if (!b->covers(index)) continue;
            const std::uint32_t wanted = b->offset_of(index);
            for (std::uint32_t i = 0; i != b->live; ++i) {
                const auto& e = b->at(i);
                const std::uint32_t pages = e.pages;
                if (!block::may_cover(pages, wanted - e.first)) continue;
                if ((pages & block::look_flag) != 0) {
                    if (!one(pieces::vma_at(*b, i), index, f)) return false;
                } else if (!f(place{e.mm.get(), index + b->delta, nullptr, b->about(i).get()})) {
                    return false;
                }
            }
        }
        return true;
    }

    template <class F>
    static bool one(vma& v, pgoff_t index, F& f) {
        const cow_range r = pieces::range_of(v);
        if (index < r.pgoff || index - r.pgoff >= r.pages) return true;
        return f(place{pieces::mm_of(v), r.start + (index - r.pgoff), nullptr, &Map::hook_of(v)});
    }

    template <class F>
    static bool all_pieces(node& n, F& f) {
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
