// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_cursor: where a walk over a subtree of topologies::cow_tree is, and the place that it shows.
// An anon_vma's own vmas come first, then its children's, each followed by what is below it; so a
// fork child's vma comes after its parent's. Neither recursion nor a stack: each child knows its
// place among its siblings, from where the walk goes on when it comes back up.

#include <cstdint>
#include <type_traits>

#include <rmap/core/config.hpp>
#include <rmap/core/types.hpp>
#include <rmap/topologies/cow_block.hpp>
#include <rmap/topologies/cow_kids.hpp>
#include <rmap/topologies/cow_kin.hpp>
#include <rmap/topologies/cow_late.hpp>
#include <rmap/topologies/cow_pieces.hpp>

namespace rmap::inline RMAP_ABI {

/// A place that an entry told of; the vma is looked up when the visitor asks for it.
template <class Map>
class cow_place {
    using pieces = cow_pieces<Map>;
    using about = typename cow_block<typename Map::policy>::about_type;

public:
    using mm_type = std::remove_reference_t<decltype(pieces::traits::mm(
        *static_cast<const typename Map::vma_type*>(nullptr)))>;

    cow_place(void* mm, pgno address, const about* of, bool is_kid) noexcept
        : mm_{mm}, address_{address}, of_{of}, is_kid_{is_kid} {}

    [[nodiscard]] mm_type& mm() const noexcept { return *static_cast<mm_type*>(mm_); }
    [[nodiscard]] pgno address() const noexcept { return address_; }
    [[nodiscard]] typename Map::vma_type& vma() const noexcept {
        if constexpr (has_late<Map>) {
            using late = cow_late<typename Map::policy>;
            if (is_kid_ && late::is_vma(of_->get())) {
                return Map::vma_of(late::hook_of(of_->get()));
            }
        }
        if (is_kid_) return pieces::only(*static_cast<typename pieces::node*>(of_->get()));
        return Map::vma_of(*static_cast<typename pieces::hook*>(of_->get()));
    }

private:
    void* mm_;
    pgno address_;
    const about* of_;  // names EITHER an anon_vma whose only vma it is OR the vma's hook
    bool is_kid_;
};

/// Where a walk is. `at` to `end` are entries without flags, which the caller looks through itself
/// before it calls step(). A place that is not an entry's is shown as one.
template <class Map>
class cow_cursor {
public:
    using policy = typename Map::policy;
    using node = anon_vma<policy>;
    using block = cow_block<policy>;
    using entry = typename block::entry;
    using about_type = typename block::about_type;
    using kids = cow_kids<Map>;
    using kin = cow_kin<policy>;
    using pieces = cow_pieces<Map>;

    cow_cursor(node& top, pgoff_t index) noexcept
        : index_{index}, top_{&top}, in_{&top}, inside_{&top}, descends_{true} {
        begin_pieces(top);
    }

    const entry* at = nullptr;
    const entry* end = nullptr;
    std::uint32_t wanted = 0;  // the offset, as the entries have it
    pgno address = 0;          // where it is in those

    bool is_kid = true;  // what entries are about
    const entry* first = nullptr;
    const about_type* abouts = nullptr;  // of `first` and those behind

    /// In the place of the first step(): inline, for the many anon_vmas with one vma.
    [[gnu::always_inline]] inline bool begin() noexcept {
        if (!one_) return step();
        one_ = false;
        if (look_at(pieces::only(*top_), &top_->links.pieces)) return true;
        return !is_all() && step();
    }
    /// Whether there is nothing but what begin() has looked at.
    [[nodiscard]] bool is_all() const noexcept {
        return top_->links.members == 1 && !kin::has_kids(*top_);
    }
    /// Goes on behind `end`: there are entries to look through; false: that was all.
    [[gnu::noinline]] bool step() noexcept {
        for (;;) {
            if (inside_ != nullptr) {
                if (next_piece()) return true;
                node* const was = inside_;
                if (descends_) {
                    inside_ = kin::only_kid(*was);
                    if (inside_ != nullptr) {
                        begin_pieces(*inside_);
                        continue;
                    }
                    if (block* const below = kin::blocks_of(*was); below != nullptr) {
                        in_ = was;
                        return next_block(below);
                    }
                }
                // Back to where the entry was from which it went down.
                inside_ = nullptr;
                if (block_ == nullptr) return false;
                look_from(*block_, resume_);
                return true;
            }
            if (end == last_) return next_block(block_->next);
            if (enter_kid()) return true;
        }
    }

private:
    // The first block from `b` on that can have the offset; or back up, behind where we came from.
    bool next_block(block* b) noexcept {
        while (b != nullptr && !b->covers(index_))
            b = b->next;
        if (b != nullptr) {
            look_from(*b, 0);
            return true;
        }
        while (in_ != top_) {
            if (block* const up = kin::entry_block(*in_); up != nullptr) {
                const std::uint32_t slot = in_->links.slot + 1;
                in_ = up->owner;
                look_from(*up, slot);
                return true;
            }
            in_ = kin::parent_of_only(*in_);
        }
        return false;
    }
    void look_from(block& b, std::uint32_t slot) noexcept {
        block_ = &b;
        first = &b.at(0);
        abouts = &b.about(0);
        is_kid = true;
        at = first + slot;
        end = last_ = first + b.used;
        if (b.flagged != 0) {
            for (end = at; end != last_ && !block::has_flag(end->pages);)
                ++end;
        }
        wanted = b.offset_of(index_);
        address = index_ + b.delta;
        if (block* const next = b.next; next != nullptr) fetch_early(*next);
    }

    // The next block while this one is looked through: the processor follows a run of lines by
    // itself, but not at once, and half of a block takes it as long as all of one that is at hand.
    static void fetch_early(block& next) noexcept {
        __builtin_prefetch(&next);
        for (std::uint32_t i = 0; i != kids::largest / 2; i += 4)
            __builtin_prefetch(&next.at(i));
    }

    // `end` has flags: its child's pieces, then its child's children. Whether there is a place.
    bool enter_kid() noexcept {
        const std::uint32_t slot = static_cast<std::uint32_t>(end - first);
        const std::uint32_t said = end->pages;
        const bool may = block::may_cover(said, wanted - end->first);
        if constexpr (has_late<Map>) {
            if (cow_late<policy>::is_vma(block_->about(slot).get())) {
                return look_at_late(slot, may);
            }
        }
        node& kid = kids::kid_at(*block_, slot);
        resume_ = slot + 1;
        descends_ = block::has_kids(said);
        inside_ = &kid;
        one_ = false;
        pieces_ = nullptr;
        if (may && !block::must_look(said)) {
            show(end->mm.get(), address, &block_->about(slot), true);
            return true;
        }
        if (may) begin_pieces(kid);
        return false;
    }

    // An entry with flags of a vma that has no anon_vma of its own yet.
    bool look_at_late(std::uint32_t slot, bool may) noexcept {
        const about_type& of = block_->about(slot);
        resume_ = slot + 1;
        descends_ = false;
        inside_ = in_;  // with no piece to come
        one_ = false;
        pieces_ = nullptr;
        if (!may || !look_at(Map::vma_of(cow_late<policy>::hook_of(of.get())), &of)) return false;
        is_kid = true;
        return true;
    }

    void begin_pieces(const node& n) noexcept {
        one_ = n.links.members == 1;
        block* const root = pieces::root_of(n);
        pieces_ = root == nullptr ? nullptr : path_.begin(*root, index_);
        slot_ = 0;
    }
    // The next piece of `inside_` that covers the offset.
    bool next_piece() noexcept {
        if (one_) {
            one_ = false;
            return look_at(pieces::only(*inside_), &inside_->links.pieces);
        }
        for (; pieces_ != nullptr; pieces_ = path_.next(index_), slot_ = 0) {
            block& b = *pieces_;
            const std::uint32_t offset = b.offset_of(index_);
            while (slot_ != b.live) {
                const std::uint32_t i = slot_++;
                const entry& e = b.at(i);
                if (!block::may_cover(e.pages, offset - e.first)) continue;
                if (!block::must_look(e.pages)) {
                    show(e.mm.get(), index_ + b.delta, &b.about(i), false);
                    return true;
                }
                if (look_at(pieces::vma_at(b, i), &b.about(i))) return true;
            }
        }
        return false;
    }
    [[gnu::always_inline]] inline bool look_at(typename Map::vma_type& v,
                                               const about_type* of) noexcept {
        const cow_range r = pieces::range_of(v);
        if (index_ < r.pgoff || index_ - r.pgoff >= r.pages) return false;
        show(pieces::mm_of(v), r.start + (index_ - r.pgoff), of, false);
        return true;
    }
    [[gnu::always_inline]] inline void show(void* mm, pgno where, const about_type* of,
                                            bool kid) noexcept {
        shown_.mm = mm;
        shown_.pages = 1;
        wanted = 0;
        address = where;
        abouts = of;
        is_kid = kid;
        first = at = &shown_;
        end = at + 1;
    }

    pgoff_t index_;
    node* top_;
    node* in_;                     // whose children are looked through
    block* block_ = nullptr;       // in this block
    const entry* last_ = nullptr;  // behind all of its entries
    node* inside_;                 // whose pieces are looked through, if any
    bool descends_;                // and then its children
    std::uint32_t resume_ = 0;     // or the block, from this slot on
    bool one_ = false;             // its one piece is to come
    block* pieces_ = nullptr;      // or these,
    std::uint32_t slot_ = 0;       // from there on
    cow_path<policy> path_{};      // to which this leads
    entry shown_{};
};

}  // namespace rmap::inline RMAP_ABI
