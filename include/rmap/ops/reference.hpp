// SPDX-License-Identifier: BSL-1.0
#pragma once

// References on anon_vmas, and the way from a page to a locked anon_vma that surely is the page's.
// An anon_vma has one reference while any vma is linked to it; each non-root holds one on its root;
// users outside (ksm items, migration) hold their own (I10). With references an anon_vma outlives
// its vmas.

#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/check.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/page.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// One more reference. The caller MUST know that there is one already.
template <class Policy>
void get(anon_vma<Policy>& av) noexcept {
    // Relaxed: whoever holds a reference already sees the object; a count orders nothing.
    av.refs.fetch_add(1, order::relaxed);
}

/// One more reference unless the object is free. `av` need only be memory that once was an
/// anon_vma.
//   Orders:     the fields of the object before this thread's use of them.
//   Pairs with: the release store of `refs` in the lifetime policy's get().
//   Otherwise:  T1 recycles the memory | T2 gets a reference on the new life, reads old fields.
//   Proved by:  tests/explore/orders_test.cpp
template <class Policy>
[[nodiscard]] bool try_get(anon_vma<Policy>& av) noexcept {
    std::uint32_t seen = av.refs.load(order::relaxed);
    while (seen != 0) {
        if (av.refs.compare_exchange(seen, seen + 1, order::acquire)) return true;
    }
    return false;
}

/// Drops one reference; who drops the last one gives the object to `sink(av)`, and drops that on
/// its root. MUST be called without the tree lock, the page_table_lock or the free list's. No lock
/// is drained as Linux does: memory of stale readers stays an anon_vma (lifetimes::type_stable),
/// and others have no stale readers.
//   Orders:     all use of the object, by every holder, before its next life.
//   Pairs with: the other droppers' fetch_sub; the free list's lock.
//   Otherwise:  T1 reads a field, drops its reference | T2 drops the last one, the memory is
//               written by its next user, T1's read is not yet done.
//   Proved by:  tests/explore/orders_test.cpp
template <class Map, class Sink>
void put_to(Map& map, anon_vma<typename Map::policy>& dropped, Sink sink) noexcept {
    using policy = typename Map::policy;
    for (anon_vma<policy>* av = &dropped; av->refs.fetch_sub(1, order::acq_rel) == 1;) {
        anon_vma<policy>* const top = av->root.load(order::relaxed);  // ours until it is free
        RMAP_CHECK(policy, av->links.empty(), freed_while_linked,
                   "the last reference of an anon_vma went while a vma is linked to it");
        policy::trace::emit(event::anon_vma_free, av);
        const bool was_root = top == av;
        sink(*av);
        map.stats().anon_vmas_changed(-1);
        if (was_root) return;
        av = top;
    }
}

/// The same, to the pool.
template <class Map>
void put(Map& map, anon_vma<typename Map::policy>& dropped) noexcept {
    put_to(map, dropped,
           [&](anon_vma<typename Map::policy>& av) noexcept { map.pool().put(av, map.memory()); });
}

/// Under the update guard of `av`, which no vma is linked to any more: whether nobody else has it.
/// A reader of a stale page may still get a reference and drop it; the base reference stays: that
/// changes nothing.
//   Orders:     all use of the object by those who had references before its use for another vma.
//   Pairs with: the droppers' fetch_sub in put().
//   Otherwise:  T1 reads a field, drops its reference | T2 ends the last vma, forks: the object is
//               written for its next vma, T1's read is not yet done.
//   Proved by:  tests/kill/lists.cpp, "used again beside one who lets go"
template <class Policy>
[[nodiscard]] bool is_last(const anon_vma<Policy>& av) noexcept {
    return av.refs.load(order::acquire) == 1;
}

/// How many references there are, but for those of anon_vmas that wait to be used again. For checks
/// while nobody else is inside, so relaxed.
template <class Policy>
[[nodiscard]] std::uint32_t references(const anon_vma<Policy>& av) noexcept {
    const std::uint32_t all = av.refs.load(order::relaxed);
    if constexpr (keeps_blocks<typename Policy::topology>) {
        return all - (av.is_root() ? Policy::topology::spares_of(av) : 0);
    } else {
        return all;
    }
}

/// The guard of a walk from `av` that looks for one offset.
template <class Policy>
[[nodiscard]] auto walk_guard(anon_vma<Policy>& av, walk_mode mode,
                              [[maybe_unused]] pgoff_t index) noexcept ->
    typename Policy::locking::template walk<Policy> {
    using guard = typename Policy::locking::template walk<Policy>;
    if constexpr (locks_by_offset<typename Policy::locking>) {
        return guard{av, mode, index};
    } else {
        return guard{av, mode};
    }
}

/// Locks the anon_vma of a page as a walk does and calls f(anon_vma&, index, guard) with the lock
/// held.
///
/// Needs no lock: the page's memory must be kept, that is all. not_mapped: the page is not
/// anonymous, or nothing maps it (then its tag may lead anywhere). contended: in try mode. An
/// anon_vma lives as long as a page tagged with it is mapped (I3), and cannot go while its lock is
/// held; so what is found mapped *under the lock* is sound, however stale the pointer was that led
/// to the lock. The tag is read again because a page may be tagged anew, the root because memory
/// may be used anew.
template <class Map, class F>
[[gnu::always_inline]] inline status with_walk_guard(Map& map, typename Map::page_type& page,
                                                     walk_mode mode, F f) {
    using policy = typename Map::policy;
    using hook_type = page_hook<policy>;
    hook_type& hook = Map::hook_of(page);
    for (;;) {
        // In this order: a tag that was there before the page was mapped may lead to memory that
        // was given back before this walk began (trim).
        if (!Map::page_traits_type::mapped(page)) return status::not_mapped;
        const auto tag = hook.read();
        anon_vma<policy>* const av = hook_type::anon(tag);
        if (av == nullptr) return status::not_mapped;
        constexpr bool by_offset = locks_by_offset<typename policy::locking>;
        const pgoff_t guess = by_offset ? hook.index() : 0;
        auto guard = walk_guard(*av, mode, guess);
        if (!guard.owns()) {
            policy::trace::emit(event::walk_contended, av);
            return status::contended;
        }
        if (!Map::page_traits_type::mapped(page)) return status::not_mapped;
        if (hook.read() == tag && guard.covers(*av)) {
            const pgoff_t index = hook.index();
            if (!by_offset || index == guess) {
                f(*av, index, guard);
                return status::ok;
            }
        }
        policy::trace::emit(event::lookup_stale, av);
        map.stats().retried();
    }
}

/// The same for f(anon_vma&, index).
template <class Map, class F>
status with_anon_vma(Map& map, typename Map::page_type& page, walk_mode mode, F f) {
    return with_walk_guard(map, page, mode, [&](auto& av, pgoff_t index, auto&) { f(av, index); });
}

}  // namespace rmap::inline RMAP_ABI::ops
