// SPDX-License-Identifier: BSL-1.0
#pragma once

// A red-black tree of closed intervals [first, last], ordered by `first`, that finds what overlaps
// a range. Called by the topologies and by mm/. Its nodes are in core/interval_node.hpp.
//
// Among equal `first` the order is that of insertion: walks meet a parent's vma before its fork
// child's. No recursion, no allocation, no locks: the caller holds the tree's lock exclusively to
// change it, shared or exclusively to read it.
//
// Source: Cormen, Leiserson, Rivest, Stein, "Introduction to Algorithms".

#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/core/interval_node.hpp>

namespace rmap::inline RMAP_ABI {

/// The operations. Stateless: Access tells the interval of a node.
template <class Atomics, class Access>
struct interval_tree {
    using node_type = interval_node<Atomics>;
    using root_type = interval_root<Atomics>;

    static_assert(interval_access<Access, node_type>,
                  "rmap: the access of an interval tree must have static first(const node&) and "
                  "last(const node&), both noexcept and returning std::uint64_t");

    [[nodiscard]] static bool empty(const root_type& root) noexcept { return root.empty(); }

    /// Puts in a node that MUST be in no tree, behind those that have the same `first`. O(log n).
    static void insert(root_type& root, node_type& node) noexcept {
        const std::uint64_t node_first = Access::first(node);
        const std::uint64_t node_last = Access::last(node);
        node_type* parent = nullptr;
        side s = node_type::left;
        for (node_type* at = root.top_; at != nullptr;) {
            parent = at;
            if (at->subtree_last_ < node_last) {
                at->subtree_last_ = node_last;
            }
            // Branches, for the processor to guess the way down before it has the object's range:
            // among equals, as in a fork family, it is always to the right.
            if (node_first < Access::first(*at)) [[unlikely]] {
                s = node_type::left;
                at = at->child(node_type::left);
            } else {
                s = node_type::right;
                at = at->child(node_type::right);
            }
        }
        node.set(parent, false);
        node.set_child(node_type::left, nullptr);
        node.set_child(node_type::right, nullptr);
        node.subtree_last_ = node_last;
        if (parent != nullptr) {
            parent->set_child(s, &node);
        } else {
            root.top_ = &node;
        }
        rebalance_after_insert(root, &node);
    }

    /// Takes out a node, which MUST be in this tree and have the interval that it was put in with.
    /// O(log n).
    static void erase(root_type& root, node_type& node) noexcept {
        node_type* left = node.child(node_type::left);
        node_type* right = node.child(node_type::right);
        node_type* parent = node.parent();  // of the place that loses a node
        node_type* filler = nullptr;        // what comes into that place
        side s = node_type::left;           // the place's side of the parent
        bool lost_black = node.is_black();
        node_type* moved = nullptr;  // what comes into the node's own place, if that is another
        if (left == nullptr || right == nullptr) {
            filler = left == nullptr ? right : left;
            s = parent == nullptr ? s : side_of(*parent, node);
            replace(root, node, filler);
        } else {
            // The next node in order, which has no left child, takes the place and the color.
            node_type* heir = outermost(right, node_type::left);
            lost_black = heir->is_black();
            filler = heir->child(node_type::right);
            if (heir == right) {
                parent = heir;
                s = node_type::right;
            } else {
                parent = heir->parent();
                replace(root, *heir, filler);
                adopt(*heir, node_type::right, right);
            }
            replace(root, node, heir);
            adopt(*heir, node_type::left, left);
            heir->set_black(node.is_black());
            heir->subtree_last_ = node.subtree_last_;
            moved = heir;
        }
        // Upwards while something changes; then from the heir's new place, if that is further up.
        for (node_type* at = parent; at != nullptr;) {
            moved = at == moved ? nullptr : moved;
            const std::uint64_t largest = largest_last(*at);
            if (at->subtree_last_ != largest) {
                at->subtree_last_ = largest;
                at = at->parent();
            } else {
                at = moved;
            }
        }
        if (lost_black) {
            rebalance_after_erase(root, parent, s, filler);
        }
        node.set(nullptr, false);
    }

    /// The first node, in order, that overlaps [lo, hi], or null. O(log n).
    [[nodiscard]] static node_type* first_overlap(const root_type& root, std::uint64_t lo,
                                                  std::uint64_t hi) noexcept {
        node_type* top = root.top_;
        return reaches(top, lo) ? first_overlap_below(top, lo, hi) : nullptr;
    }

    /// The next node after `node`, in order, that overlaps [lo, hi], or null. At most O(log n), and
    /// constant on average over overlaps that stand side by side.
    [[nodiscard]] static node_type* next_overlap(const node_type& node, std::uint64_t lo,
                                                 std::uint64_t hi) noexcept {
        for (const node_type* at = &node;;) {
            if (node_type* right = at->child(node_type::right); reaches(right, lo)) {
                return first_overlap_below(right, lo, hi);
            }
            node_type* up = parent_to_the_right(*at);
            if (up == nullptr || Access::first(*up) > hi) {
                return nullptr;
            }
            if (Access::last(*up) >= lo) {
                return up;
            }
            at = up;
        }
    }

    /// The first node in order, or null.
    [[nodiscard]] static node_type* leftmost(const root_type& root) noexcept {
        node_type* top = root.top_;
        return top == nullptr ? nullptr : outermost(top, node_type::left);
    }

    /// The next node in order, or null.
    [[nodiscard]] static node_type* next(const node_type& node) noexcept {
        node_type* right = node.child(node_type::right);
        return right == nullptr ? parent_to_the_right(node) : outermost(right, node_type::left);
    }

    /// Whether links, colors, order and subtree_last are as they must be; ends on any tree whose
    /// nodes are alive. For tests and debug level 3. O(n).
    [[nodiscard]] static bool valid(const root_type& root) noexcept {
        return shape_valid(root) && order_valid(root);
    }

private:
    using side = typename node_type::side;

    // ---- Looking

    static bool is_black(const node_type* node) noexcept {
        return node == nullptr || node->is_black();
    }

    static side side_of(const node_type& parent, const node_type& child) noexcept {
        return parent.child(node_type::left) == &child ? node_type::left : node_type::right;
    }

    static node_type* outermost(node_type* node, side s) noexcept {
        while (node_type* child = node->child(s)) {
            node = child;
        }
        return node;
    }

    /// The nearest node above that has `node` in its left subtree: the next in order, if `node` has
    /// nothing to its right.
    static node_type* parent_to_the_right(const node_type& node) noexcept {
        const node_type* at = &node;
        node_type* up = at->parent();
        while (up != nullptr && side_of(*up, *at) == node_type::right) {
            at = up;
            up = at->parent();
        }
        return up;
    }

    /// Whether something in the subtree ends at `lo` or behind it.
    static bool reaches(const node_type* subtree, std::uint64_t lo) noexcept {
        return subtree != nullptr && subtree->subtree_last_ >= lo;
    }

    /// Where a left subtree reaches `lo`, the first overlap is there or nowhere: the node that
    /// reaches `lo` overlaps, or it starts behind `hi`, and then so does all that follows it.
    static node_type* first_overlap_below(node_type* at, std::uint64_t lo,
                                          std::uint64_t hi) noexcept {
        for (;;) {
            if (node_type* left = at->child(node_type::left); reaches(left, lo)) {
                at = left;
                continue;
            }
            if (Access::first(*at) > hi) {
                return nullptr;
            }
            if (Access::last(*at) >= lo) {
                return at;
            }
            at = at->child(node_type::right);
            if (!reaches(at, lo)) {
                return nullptr;
            }
        }
    }

    static std::uint64_t largest_last(const node_type& node) noexcept {
        std::uint64_t largest = Access::last(node);
        if (const node_type* left = node.child(node_type::left); reaches(left, largest)) {
            largest = left->subtree_last_;
        }
        if (const node_type* right = node.child(node_type::right); reaches(right, largest)) {
            largest = right->subtree_last_;
        }
        return largest;
    }

    // ---- Changing

    static void adopt(node_type& parent, side s, node_type* child) noexcept {
        parent.set_child(s, child);
        if (child != nullptr) {
            child->set_parent(&parent);
        }
    }

    /// Puts `by`, which may be null, where `node` stands under its parent.
    static void replace(root_type& root, node_type& node, node_type* by) noexcept {
        node_type* parent = node.parent();
        if (parent != nullptr) {
            adopt(*parent, side_of(*parent, node), by);
            return;
        }
        root.top_ = by;
        if (by != nullptr) {
            by->set_parent(nullptr);
        }
    }

    /// Moves `node` down to side `s`; its child of the other side comes up in its place.
    static void rotate(root_type& root, node_type& node, side s) noexcept {
        const side other = node_type::opposite(s);
        node_type* up = node.child(other);
        replace(root, node, up);
        adopt(node, other, up->child(s));
        adopt(*up, s, &node);
        const std::uint64_t whole = node.subtree_last_;
        up->subtree_last_ = whole;
        node.subtree_last_ = largest_last(node);
    }

    /// `node` is red. Its parent may be red too; nothing else is wrong.
    static void rebalance_after_insert(root_type& root, node_type* node) noexcept {
        node_type* parent = node->parent();
        while (!is_black(parent)) {
            node_type* grandparent = parent->parent();  // there is one: the top is black
            const side s = side_of(*grandparent, *parent);
            const side other = node_type::opposite(s);
            node_type* uncle = grandparent->child(other);
            grandparent->set_black(false);
            if (!is_black(uncle)) {
                parent->set_black(true);
                uncle->set_black(true);
                node = grandparent;
                parent = node->parent();
                continue;
            }
            if (parent->child(other) == node) {
                rotate(root, *parent, s);
                parent = node;
            }
            parent->set_black(true);
            rotate(root, *grandparent, other);
            return;
        }
        if (parent == nullptr) {
            node->set_black(true);
        }
    }

    /// Paths through side `s` of `parent`, where `node` (may be null) stands, lack one black node.
    static void rebalance_after_erase(root_type& root, node_type* parent, side s,
                                      node_type* node) noexcept {
        while (is_black(node) && parent != nullptr) {
            const side other = node_type::opposite(s);
            node_type* sibling = parent->child(other);  // there is one: its paths have a black more
            if (!sibling->is_black()) {
                sibling->set_black(true);
                parent->set_black(false);
                rotate(root, *parent, s);
                sibling = parent->child(other);
            }
            node_type* near = sibling->child(s);
            if (is_black(near) && is_black(sibling->child(other))) {
                sibling->set_black(false);
                node = parent;
                parent = node->parent();
                s = parent == nullptr ? s : side_of(*parent, *node);
                continue;
            }
            if (is_black(sibling->child(other))) {
                near->set_black(true);
                sibling->set_black(false);
                rotate(root, *sibling, other);
                sibling = near;
            }
            sibling->set_black(parent->is_black());
            parent->set_black(true);
            sibling->child(other)->set_black(true);
            rotate(root, *parent, s);
            return;
        }
        if (node != nullptr) {
            node->set_black(true);
        }
    }

    // ---- Validating

    /// Parents before children, so that no link is followed which has not been looked at.
    static bool shape_valid(const root_type& root) noexcept {
        const node_type* at = root.top_;
        if (at == nullptr) {
            return true;
        }
        if (at->parent() != nullptr || !at->is_black()) {
            return false;
        }
        constexpr unsigned unknown = ~0U;
        unsigned black_height = unknown;  // of every path from the top to a missing child
        unsigned blacks = 1;              // from the top to `at`
        for (;;) {
            if (!node_valid(*at)) {
                return false;
            }
            const node_type* left = at->child(node_type::left);
            const node_type* right = at->child(node_type::right);
            if (left == nullptr || right == nullptr) {
                black_height = black_height == unknown ? blacks : black_height;
                if (blacks != black_height) {
                    return false;
                }
            }
            const node_type* down = left == nullptr ? right : left;
            while (down == nullptr) {
                blacks -= at->is_black() ? 1U : 0U;
                const node_type* up = at->parent();
                if (up == nullptr) {
                    return true;
                }
                if (side_of(*up, *at) == node_type::left) {
                    down = up->child(node_type::right);
                }
                at = up;
            }
            at = down;
            blacks += at->is_black() ? 1U : 0U;
        }
    }

    static bool node_valid(const node_type& node) noexcept {
        const node_type* left = node.child(node_type::left);
        const node_type* right = node.child(node_type::right);
        return (left == nullptr || left != right) && child_valid(node, left) &&
               child_valid(node, right) && node.subtree_last_ == largest_last(node);
    }

    static bool child_valid(const node_type& node, const node_type* child) noexcept {
        return child == nullptr ||
               (child->parent() == &node && (node.is_black() || child->is_black()));
    }

    static bool order_valid(const root_type& root) noexcept {
        std::uint64_t before = 0;
        for (const node_type* at = leftmost(root); at != nullptr; at = next(*at)) {
            if (Access::first(*at) < before || Access::last(*at) < Access::first(*at)) {
                return false;
            }
            before = Access::first(*at);
        }
        return true;
    }
};

}  // namespace rmap::inline RMAP_ABI
