// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_glance: the places of a small subtree of topologies::cow_tree, read without the tree lock.
// It reads anon_vmas and blocks, whose memory stays what it was (type_stable, cow_pool), and never
// the user's vmas; so it gives up where an entry alone does not tell, and where there are many
// places. What it reads may be of different moments, so it takes a bounded number of steps, stays
// within the blocks, and follows no pointer that could be one of a vma unless still() says that no
// writer was there until then. What it found counts only if no writer was there to the end.

#include <cstddef>
#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/core/types.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/topologies/cow_block.hpp>
#include <rmap/topologies/cow_kin.hpp>
#include <rmap/topologies/cow_sole.hpp>

namespace rmap::inline RMAP_ABI {

/// What a glance fills; what it holds behind `count` is nothing.
struct cow_places {
    static constexpr std::uint32_t most = 16;

    std::uint32_t count;
    cow_glanced_place at[most];
};

template <class Map>
class cow_glance {
    using policy = typename Map::policy;
    using node = anon_vma<policy>;
    using block = cow_block<policy>;
    using entry = typename block::entry;
    using kin = cow_kin<policy>;

public:
    /// How many blocks and entries are looked at, and how deep, before it gives up.
    static constexpr std::uint32_t most_steps = 64;
    static constexpr std::uint32_t most_depth = 4;
    /// Whose blocks have room for more are a large family's.
    static constexpr std::uint32_t largest = 32;

    /// Whether there is one vma that covers the offset, and nothing else: a process alone, or the
    /// youngest of its line. No more than this is asked of a private page, as a rule.
    [[nodiscard]] [[gnu::always_inline]] static inline bool is_one(
        const node& top, pgoff_t index, cow_glanced_place& place) noexcept {
        return top.links.sole.covers(index, place) && !kin::has_kids(top);
    }

    /// In the order of a walk. False: it gave up, and `out` is worth nothing.
    template <class Still>
    [[nodiscard]] [[gnu::noinline]] static bool gather(const node& top, pgoff_t index,
                                                       cow_places& out, Still still) noexcept {
        cow_glance g{index, out};
        if (!g.own_of(top, still)) return false;
        block* kids = nullptr;
        return g.enter(top, kids, still) && g.below(kids, still);
    }

private:
    cow_glance(pgoff_t index, cow_places& out) noexcept : index_{index}, out_{&out} {}

    /// What `n` holds itself.
    template <class Still>
    [[nodiscard]] bool own_of(const node& n, Still& still) noexcept {
        const std::uint32_t members = n.links.members;
        if (members == 0) return true;
        if (members == 1) {
            if (n.links.sole.says_nothing() || out_->count == cow_places::most) return false;
            if (n.links.sole.covers(index_, out_->at[out_->count])) ++out_->count;
            return true;
        }
        // Until a moment ago it may have been a vma, or nothing. An index is over many.
        auto* const b = static_cast<block*>(n.links.pieces.get());
        if (!still() || b->level != 0) return false;
        const std::uint32_t used = used_of(*b);
        for (std::uint32_t i = 0; i != used; ++i) {
            if (!step() || !look_at(*b, b->at(i).pages, i)) return false;
        }
        return true;
    }

    /// What the only children below `n` hold, up to one with blocks, or none.
    template <class Still>
    [[nodiscard]] bool enter(const node& n, block*& kids, Still& still) noexcept {
        const node* at = &n;
        while (const node* const only = kin::only_kid(*at)) {
            if (!step() || !own_of(*only, still)) return false;
            at = only;
        }
        kids = kin::blocks_of(*at);
        return true;
    }

    /// What the children hold whose entries are in `b` and those behind it, and what is below.
    template <class Still>
    [[nodiscard]] bool below(block* b, Still& still) noexcept {
        struct {
            block* in;
            std::uint32_t slot;
        } up[most_depth];
        std::uint32_t depth = 0;
        std::uint32_t slot = 0;
        for (;;) {
            while (b == nullptr) {
                if (depth == 0) return true;
                --depth;
                b = up[depth].in;
                slot = up[depth].slot;
            }
            if (!step() || b->capacity > largest) return false;
            const node* down = nullptr;
            if (slot != 0 || b->covers(index_)) {
                const std::uint32_t used = used_of(*b);
                for (; slot < used && down == nullptr; ++slot) {
                    const std::uint32_t said = b->at(slot).pages;
                    if (!step() || !look_at(*b, said, slot)) return false;
                    if (!block::has_kids(said)) continue;
                    down = static_cast<const node*>(b->about(slot).get());
                    // It may be a vma's, or no pointer at all.
                    if (depth == most_depth || !still()) return false;
                }
            }
            if (down == nullptr) {
                b = b->next;
                slot = 0;
            } else {
                up[depth++] = {b, slot};
                if (!enter(*down, b, still)) return false;
                slot = 0;
            }
        }
    }

    /// An entry. False: it does not tell, or there is no room.
    [[nodiscard]] bool look_at(block& b, std::uint32_t said, std::uint32_t slot) noexcept {
        const entry& e = b.at(slot);
        if (!block::may_cover(said, b.offset_of(index_) - e.first)) return true;
        if (block::must_look(said) || out_->count == cow_places::most) return false;
        out_->at[out_->count++] = {e.mm, index_ + b.delta};
        return true;
    }
    [[nodiscard]] static std::uint32_t used_of(const block& b) noexcept {
        const std::uint32_t used = b.used;
        return used < b.capacity ? used : b.capacity.get();
    }
    [[nodiscard]] bool step() noexcept { return ++steps_ <= most_steps; }

    pgoff_t index_;
    cow_places* out_;
    std::uint32_t steps_ = 0;
};

}  // namespace rmap::inline RMAP_ABI
