// SPDX-License-Identifier: BSL-1.0
#pragma once

// take_all_locks: stops every walk that could reach an address space, for embedders whose second
// MMU must register at a moment without any (in Linux: mm_take_all_locks). First all files, then
// all fork trees; each lock once, which a mark in the locked object says.

#include <rmap/core/check.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/i_mmap.hpp>
#include <rmap/ops/file.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// Holds all locks until its end. `for_each(f)` calls f(vma) for every vma of the address space,
/// the same each time; the caller holds that address space's lock exclusively. One holder at a
/// time: others wait. For disciplines with one lock a tree, and locks without a token, as there is
/// no room to keep one for each.
template <class Map, class ForEach>
class all_locks {
    using policy = typename Map::policy;
    using vma_type = typename Map::vma_type;

public:
    all_locks(Map& map, ForEach for_each) noexcept
        : guard_{map.all_locks_mutex()}, for_each_{for_each} {
        const nested_in mutex{map.all_locks_mutex()};
        for_each_([&](vma_type& v) noexcept { take(mapping_of<Map>(v), mutex); });
        for_each_([&](vma_type& v) noexcept { take(tree_of(v), mutex); });
    }
    all_locks(const all_locks&) = delete;
    all_locks& operator=(const all_locks&) = delete;
    ~all_locks() {
        for_each_([](vma_type& v) noexcept { release(tree_of(v)); });
        for_each_([](vma_type& v) noexcept { release(mapping_of<Map>(v)); });
    }

private:
    static anon_vma<policy>* tree_of(vma_type& v) noexcept {
        auto* const nearest = Map::nearest(v);
        // Relaxed: nearest() has acquired it, and it stays while a vma is linked.
        return nearest == nullptr ? nullptr : nearest->root.load(order::relaxed);
    }

    // `taken` is written by the one holder of the map's mutex alone, so it may be read before the
    // lock is held.
    template <class Locked>
    static void take(Locked* object, nested_in mutex) noexcept {
        if (object == nullptr || object->taken) return;
        lock_exclusively(object->lock, mutex);
        object->taken = true;
    }
    template <class Locked>
    static void release(Locked* object) noexcept {
        if (object == nullptr || !object->taken) return;
        object->taken = false;
        object->lock.unlock();
    }

    write_guard<typename policy::lock> guard_;
    ForEach for_each_;
};

}  // namespace rmap::inline RMAP_ABI::ops
