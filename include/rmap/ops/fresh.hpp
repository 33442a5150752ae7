// SPDX-License-Identifier: BSL-1.0
#pragma once

// An anon_vma that was allocated in phase one and may turn out not to be needed: the race of two
// first faults is lost, or fork takes over an ancestor's. Freed at the end unless kept.

#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/ops/reference.hpp>

namespace rmap::inline RMAP_ABI::ops {

template <class Map>
class fresh_anon_vma {
    using object = anon_vma<typename Map::policy>;

public:
    explicit fresh_anon_vma(Map& map) noexcept : map_{&map} {}
    fresh_anon_vma(const fresh_anon_vma&) = delete;
    fresh_anon_vma& operator=(const fresh_anon_vma&) = delete;
    ~fresh_anon_vma() {
        if (object_ != nullptr) [[unlikely]]
            put_back();
    }

    /// A root by itself: one child (itself), no active vma, one reference.
    template <memory_source Memory>
    status make(Memory& memory) noexcept {
        object_ = map_->pool().get(memory);
        if (object_ == nullptr) return status::no_memory;
        object_->num_children = 1;
        map_->stats().anon_vmas_changed(+1);
        Map::policy::trace::emit(event::anon_vma_new, object_);
        return status::ok;
    }

    /// Takes over one that make() or a stock (ops/stock.hpp) has made.
    void hold(object& made) noexcept { object_ = &made; }

    /// Makes it a child of `parent`, with a reference on its root. Under the update guard of
    /// parent's tree.
    void adopt_by(object& parent) noexcept {
        object& top = *parent.root.load(order::relaxed);
        ops::get(top);
        object_->num_children = 0;
        object_->parent = &parent;
        parent.num_children = parent.num_children + 1;
        //   Orders:     the making of the root before its use by a stale reader, who has a tag that
        //               led to this memory's earlier life.
        //   Pairs with: the look at the root in the discipline's walk guard, as in
        //               lifetimes/type_stable.hpp.
        //   Otherwise:  T1 makes a root, and this memory a member of its tree | T2, on its way from
        //               a page that was unmapped since, takes the root's lock, which is not made.
        //   Proved by:  tests/kill/pages.cpp, "recycled into a new tree"
        object_->root.store(&top, order::release);
    }

    /// One that waited in the family of `parent`, with its base reference and that on the root,
    /// becomes a child of `parent`. Under the update guard.
    void revive(object& spare, object& parent) noexcept {
        object_ = &spare;  // its counts are 0, as unlink has left them
        object_->parent = &parent;
        parent.num_children = parent.num_children + 1;
        map_->stats().anon_vmas_changed(+1);
    }

    [[nodiscard]] object* get() const noexcept { return object_; }

    /// It is in use now.
    object& keep() noexcept {
        object& kept = *object_;
        object_ = nullptr;
        return kept;
    }
    void keep_if(const object* used) noexcept {
        if (used == object_) object_ = nullptr;
    }

private:
    [[gnu::noinline]] void put_back() noexcept { put(*map_, *object_); }

    Map* map_;
    object* object_ = nullptr;
};

}  // namespace rmap::inline RMAP_ABI::ops
