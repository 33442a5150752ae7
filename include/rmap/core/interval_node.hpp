// SPDX-License-Identifier: BSL-1.0
#pragma once

// What core/interval_tree.hpp links together: an intrusive node, which is the base of the object
// that the tree holds (a user gets the object with static_cast), the tree's root, and the question
// that the tree asks an object. A node has the color of a red-black tree and the largest `last`
// below it.

#include <concepts>
#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

template <class Atomics, class Access>
struct interval_tree;

/// The links of one object in one tree; a base class. It leaves no tree by itself: an object MUST
/// be erased before it dies, and before its interval changes.
template <atomics_family Atomics>
class interval_node {
public:
    constexpr interval_node() noexcept = default;
    interval_node(const interval_node&) = delete;
    interval_node& operator=(const interval_node&) = delete;

    /// Whether the node stands in a tree.
    [[nodiscard]] constexpr bool linked() const noexcept {
        const std::uintptr_t bits = parent_and_color_;
        return bits != 0;
    }

private:
    template <class, class>
    friend struct interval_tree;

    enum side : unsigned { left, right };
    static constexpr std::uintptr_t black_bit = 1;

    static constexpr side opposite(side s) noexcept { return s == left ? right : left; }

    [[nodiscard]] interval_node* child(side s) const noexcept { return child_[s]; }
    [[nodiscard]] interval_node* parent() const noexcept {
        const std::uintptr_t bits = parent_and_color_;
        return reinterpret_cast<interval_node*>(bits & ~black_bit);
    }
    [[nodiscard]] bool is_black() const noexcept { return (parent_and_color_ & black_bit) != 0; }

    void set_child(side s, interval_node* node) noexcept { child_[s] = node; }
    void set_parent(interval_node* node) noexcept { set(node, is_black()); }
    void set_black(bool black) noexcept { set(parent(), black); }
    void set(interval_node* parent, bool black) noexcept {
        parent_and_color_ = reinterpret_cast<std::uintptr_t>(parent) | (black ? black_bit : 0U);
    }

    // All four are written holding the tree's lock exclusively, read holding it EITHER shared OR
    // exclusively. Zero in parent_and_color_ means: in no tree (the top of a tree is black).
    typename Atomics::template plain<std::uintptr_t> parent_and_color_{0};
    typename Atomics::template plain<interval_node*> child_[2]{};
    typename Atomics::template plain<std::uint64_t> subtree_last_{0};
};

/// The tree's anchor. It owns nothing; all operations are interval_tree's.
template <atomics_family Atomics>
class interval_root {
public:
    constexpr interval_root() noexcept = default;
    interval_root(const interval_root&) = delete;
    interval_root& operator=(const interval_root&) = delete;

    [[nodiscard]] constexpr bool empty() const noexcept {
        const interval_node<Atomics>* top = top_;
        return top == nullptr;
    }

private:
    template <class, class>
    friend struct interval_tree;

    // Written holding the tree's lock exclusively, read holding it EITHER shared OR exclusively.
    typename Atomics::template plain<interval_node<Atomics>*> top_{nullptr};
};

/// How a tree asks an object for its interval. Both ends belong to it; first <= last.
template <class Access, class Node>
concept interval_access = requires(const Node& node) {
    // The lower end, the key of the order.
    { Access::first(node) } noexcept -> std::same_as<std::uint64_t>;
    // The upper end, inclusive.
    { Access::last(node) } noexcept -> std::same_as<std::uint64_t>;
};

static_assert(sizeof(interval_root<atomics::builtin>) == sizeof(void*));
static_assert(sizeof(void*) != 8 || sizeof(interval_node<atomics::builtin>) == 32);

}  // namespace rmap::inline RMAP_ABI
