// SPDX-License-Identifier: BSL-1.0
#pragma once

// An intrusive list: circular, doubly linked, its nodes the bases of the objects that it holds. A
// user gets an object from its node with static_cast. Called by the topologies and by mm/.
//
// Every operation but size() takes constant time. Nothing is locked, allocated or checked: the
// caller holds the list's lock exclusively to change it, shared or exclusively to read it, and the
// room above names what is broken (`linked()` is there for its checks).

#include <cstddef>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

template <atomics_family Atomics>
class list;

/// The links of one object in one list; a base class. It leaves no list by itself: an object MUST
/// be erased before it dies.
template <atomics_family Atomics>
class list_node {
public:
    constexpr list_node() noexcept = default;
    list_node(const list_node&) = delete;
    list_node& operator=(const list_node&) = delete;

    /// Whether the node stands in a list.
    [[nodiscard]] constexpr bool linked() const noexcept {
        const list_node* next = next_;
        return next != nullptr;
    }

private:
    friend class list<Atomics>;
    using link = typename Atomics::template plain<list_node*>;

    constexpr explicit list_node(list_node* both) noexcept : next_{both}, prev_{both} {}

    // Null in a node that stands in no list. Written holding the list's lock exclusively, read
    // holding it EITHER shared OR exclusively.
    link next_{nullptr};
    link prev_{nullptr};
};

/// The list's head: a node that is always linked, to itself when the list is empty.
template <atomics_family Atomics>
class list {
public:
    using node_type = list_node<Atomics>;

    constexpr list() noexcept : head_{&head_} {}
    list(const list&) = delete;
    list& operator=(const list&) = delete;

    [[nodiscard]] constexpr bool empty() const noexcept { return first() == &head_; }

    /// Whether exactly one node stands in the list.
    [[nodiscard]] constexpr bool is_singular() const noexcept {
        return !empty() && first() == last();
    }

    /// Counts the nodes; O(n).
    [[nodiscard]] constexpr std::size_t size() const noexcept {
        std::size_t count = 0;
        for (const node_type* node = front(); node != nullptr; node = next(*node)) {
            ++count;
        }
        return count;
    }

    /// The first and the last node, or null.
    [[nodiscard]] constexpr node_type* front() const noexcept { return null_at_end(first()); }
    [[nodiscard]] constexpr node_type* back() const noexcept { return null_at_end(last()); }

    /// The neighbours of a node of this list, or null at its ends.
    [[nodiscard]] constexpr node_type* next(const node_type& node) const noexcept {
        return null_at_end(node.next_);
    }
    [[nodiscard]] constexpr node_type* prev(const node_type& node) const noexcept {
        return null_at_end(node.prev_);
    }

    /// Put a node, which MUST be in no list, at an end.
    constexpr void push_front(node_type& node) noexcept { insert_after(head_, node); }
    constexpr void push_back(node_type& node) noexcept {
        node_type* old_last = last();
        insert_after(*old_last, node);
    }

    /// Puts `node`, which MUST be in no list, behind `where`, which MUST be in a list.
    static constexpr void insert_after(node_type& where, node_type& node) noexcept {
        node_type* behind = where.next_;
        join(where, node);
        join(node, *behind);
    }

    /// Takes a node out of the list that it MUST be in; it may be put into another at once.
    static constexpr void erase(node_type& node) noexcept {
        node_type* before = node.prev_;
        node_type* behind = node.next_;
        join(*before, *behind);
        node.next_ = nullptr;
        node.prev_ = nullptr;
    }

    /// Move all of `other` to an end of this list in its order; `other`, another list, is then
    /// empty.
    constexpr void splice_front(list& other) noexcept { splice_after(head_, other); }
    constexpr void splice_back(list& other) noexcept {
        node_type* old_last = last();
        splice_after(*old_last, other);
    }

private:
    [[nodiscard]] constexpr node_type* first() const noexcept { return head_.next_; }
    [[nodiscard]] constexpr node_type* last() const noexcept { return head_.prev_; }

    [[nodiscard]] constexpr node_type* null_at_end(node_type* node) const noexcept {
        return node == &head_ ? nullptr : node;
    }

    static constexpr void join(node_type& before, node_type& behind) noexcept {
        before.next_ = &behind;
        behind.prev_ = &before;
    }

    static constexpr void splice_after(node_type& where, list& other) noexcept {
        if (other.empty()) {
            return;
        }
        node_type* behind = where.next_;
        node_type* other_first = other.first();
        node_type* other_last = other.last();
        join(other.head_, other.head_);
        join(where, *other_first);
        join(*other_last, *behind);
    }

    node_type head_;
};

static_assert(sizeof(list_node<atomics::builtin>) == 2 * sizeof(void*));
static_assert(sizeof(list<atomics::builtin>) == sizeof(list_node<atomics::builtin>));

}  // namespace rmap::inline RMAP_ABI
