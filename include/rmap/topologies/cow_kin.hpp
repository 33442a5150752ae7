// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_kin: how anon_vmas name their children and their parent under topologies::cow_tree. The words
// `kids` and `where` of an anon_vma lead to a block, or, with the low bit set, to the one child and
// the parent themselves: an anon_vma with one child needs no block, so that in a chain of forks
// each level is one object, and a fork there takes no memory but the child's. Where an anon_vma can
// have no parent, the word `where` has the anon_vmas that wait to be used again: a root names the
// first, and each of them the next.
//
// Needs the tree lock, as the words do; but a glance (cow_glance.hpp) asks some without.

#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/topologies/cow_block.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy>
struct cow_kin {
    using node = anon_vma<Policy>;
    using block = cow_block<Policy>;

    // ---- downwards

    [[nodiscard]] static bool has_kids(const node& n) noexcept {
        return n.links.kids.get() != nullptr;
    }
    /// The one child without a block, or null.
    [[nodiscard]] static node* only_kid(const node& n) noexcept {
        return node_of(n.links.kids.get());
    }
    /// The first block of children, or null.
    [[nodiscard]] static block* blocks_of(const node& n) noexcept {
        return block_of(n.links.kids.get());
    }

    // ---- upwards

    /// The block with the entry of `kid`; null: it has no parent, or is the one child.
    [[nodiscard]] static block* entry_block(const node& kid) noexcept {
        return block_of(kid.links.where.get());
    }
    /// The parent whose one child without a block this is, or null.
    [[nodiscard]] static node* parent_of_only(const node& kid) noexcept {
        return node_of(kid.links.where.get());
    }
    /// Null: a root, or not filed.
    [[nodiscard]] static node* parent_of(const node& kid) noexcept {
        if (node* const parent = parent_of_only(kid); parent != nullptr) return parent;
        block* const in = entry_block(kid);
        return in == nullptr ? nullptr : in->owner.get();
    }

    // ---- those that wait

    [[nodiscard]] static node* first_spare(const node& root) noexcept {
        const auto bits = reinterpret_cast<std::uintptr_t>(root.links.where.get());
        return (bits & spare_tag) != 0 ? reinterpret_cast<node*>(bits - spare_tag) : nullptr;
    }
    static void push_spare(node& root, node& spare) noexcept {
        spare.links.where = root.links.where.get();
        root.links.where = tagged(spare, spare_tag);
    }
    /// The first of them, which says where the next one is still.
    static void pop_spare(node& root, node& first) noexcept {
        root.links.where = first.links.where.get();
    }

    // ---- changes

    static void tie(node& parent, node& kid) noexcept {
        parent.links.kids = tagged(kid, node_tag);
        kid.links.where = tagged(parent, node_tag);
    }
    static void untie(node& parent, node& kid) noexcept {
        parent.links.kids = nullptr;
        kid.links.where = nullptr;
    }

private:
    static constexpr std::uintptr_t node_tag = 1;
    static constexpr std::uintptr_t spare_tag = 2;
    static_assert(alignof(block) > (node_tag | spare_tag));

    [[nodiscard]] static void* tagged(node& n, std::uintptr_t tag) noexcept {
        static_assert(alignof(node) > (node_tag | spare_tag));
        return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(&n) | tag);
    }
    [[nodiscard]] static node* node_of(void* word) noexcept {
        const auto bits = reinterpret_cast<std::uintptr_t>(word);
        return (bits & node_tag) != 0 ? reinterpret_cast<node*>(bits - node_tag) : nullptr;
    }
    [[nodiscard]] static block* block_of(void* word) noexcept {
        const auto bits = reinterpret_cast<std::uintptr_t>(word);
        return (bits & (node_tag | spare_tag)) != 0 ? nullptr : static_cast<block*>(word);
    }
};

}  // namespace rmap::inline RMAP_ABI
