// SPDX-License-Identifier: BSL-1.0
#pragma once

// munmap, in two phases: count and set aside what cutting vmas takes, then do it without a way to
// fail. Other operations that replace mappings use the second phase with a reservation of theirs.

#include <cstddef>

#include <rmap/mm/context.hpp>
#include <rmap/mm/zap.hpp>

namespace rmap::inline RMAP_ABI::mm {

/// How many objects an operation may need at most.
struct needs {
    std::size_t vmas = 0;
    std::size_t links = 0;
    std::size_t leaves = 0;
    std::size_t pages = 0;
};

/// Links are all of one size; of blocks, one of each size that a copy of a chain may take. A vma
/// that is late may be settled first, which takes an anon_vma or a block more.
template <class Policy>
status set_aside_links(typename context<Policy>::reserve& memory, std::size_t count) noexcept {
    using link = typename context<Policy>::link;
    if constexpr (keeps_blocks<typename Policy::topology>) {
        constexpr bool late = owns_late<typename Policy::topology>;
        if (late && memory.template fill<anon_vma<Policy>>(count) != status::ok) {
            return status::no_memory;
        }
        for (const auto capacity : Policy::topology::copy_blocks) {
            const status got =
                memory.fill(link::size_of(capacity), alignof(link), late ? 2 * count : count);
            if (got != status::ok) return got;
        }
        return status::ok;
    } else {
        return memory.template fill<link>(count);
    }
}

template <class Policy>
status set_aside(typename context<Policy>::reserve& memory, const needs& n) {
    using ctx = context<Policy>;
    if (memory.template fill<typename ctx::vma_type>(n.vmas) != status::ok ||
        set_aside_links<Policy>(memory, n.links) != status::ok ||
        memory.template fill<typename ctx::leaf_type>(n.leaves) != status::ok ||
        memory.template fill<typename ctx::page_type>(n.pages) != status::ok) {
        return status::no_memory;
    }
    return status::ok;
}

template <class Policy>
[[nodiscard]] std::size_t links_of(const vma<Policy>& v) noexcept {
    return Policy::topology::template links_of<Policy>(context<Policy>::map_type::hook_of(v));
}

/// The sum of the chain lengths of the vmas in [from, to).
template <class Policy>
[[nodiscard]] std::size_t links_in(const address_space<Policy>& in, pgno from, pgno to) noexcept {
    std::size_t sum = 0;
    in.for_each(from, to, [&](vma<Policy>& v) { sum += links_of(v); });
    return sum;
}

/// What unmapping [start, start + n) takes: one vma, if a hole is cut into one.
template <class Policy>
[[nodiscard]] needs needs_of_unmap(const address_space<Policy>& in, pgno start, pgno n) noexcept {
    const vma<Policy>* v = in.find(start);
    if (v == nullptr || v->start() == start || v->end() <= start + n) return {};
    return {.vmas = 1, .links = links_of(*v)};
}

/// Leaves that no vma lies over any more.
template <class Policy>
void free_leaves(context<Policy>& ctx, address_space<Policy>& in, pgno from, pgno to) {
    using leaf_type = leaf<Policy>;
    in.table.for_each_leaf(from, to, [&](leaf_type& l) {
        if (in.first_in(l.first, l.first + leaf_type::entries) == nullptr) {
            in.table.remove(ctx.memory(), l);
        }
    });
}

/// Cuts a vma in two at `at`; `fresh` has its attributes. Under the mmap_lock, exclusively.
template <class Policy>
void split_vma(context<Policy>& ctx, typename context<Policy>::reserve& memory, vma<Policy>& v,
               pgno at) {
    auto* const fresh =
        make<vma<Policy>>(memory, v.mm(), at, v.end() - at, v.pgoff() + (at - v.start()), v.as());
    must<Policy>(fresh != nullptr ? status::ok : status::no_memory);
    v.mm().erase(v);
    must<Policy>(ctx.map.split(memory, v, *fresh, at));
    v.mm().insert(v);
    v.mm().insert(*fresh);
}

/// A vma goes, when its entries are gone.
template <class Policy>
void remove_vma(context<Policy>& ctx, vma<Policy>& v) noexcept {
    v.mm().erase(v);
    ctx.map.unlink_file(v);
    ctx.map.unlink(v);
    destroy(ctx.memory(), v);
}

/// Unmaps [start, start + n). Under the mmap_lock, exclusively; `memory` has needs_of_unmap.
template <class Policy>
void unmap_locked(context<Policy>& ctx, typename context<Policy>::reserve& memory,
                  address_space<Policy>& in, pgno start, pgno n, dead_pages<Policy>& dead) {
    const pgno end = start + n;
    const auto shrink = [&](vma<Policy>& v, const ops::span& to) {
        in.erase(v);
        must<Policy>(ctx.map.adjust(v, to));
        in.insert(v);
    };
    in.for_each(start, end, [&](vma<Policy>& v) {
        if (v.start() < start && v.end() > end) split_vma(ctx, memory, v, end);
        zap(in, v.start() > start ? v.start() : start, v.end() < end ? v.end() : end, dead);
        if (v.start() < start) {
            shrink(v, {v.start(), start - v.start(), v.pgoff()});
        } else if (v.end() > end) {
            shrink(v, {end, v.end() - end, v.pgoff() + (end - v.start())});
        } else {
            remove_vma(ctx, v);
        }
    });
    free_leaves(ctx, in, start, end);
}

template <class Policy>
status unmap(context<Policy>& ctx, address_space<Policy>& in, pgno start, pgno n) {
    if (!valid_range(start, n)) return status::invalid;
    dead_pages<Policy> dead{ctx};
    const typename context<Policy>::guard held{in.mmap_lock};
    typename context<Policy>::reserve memory{ctx.memory()};
    if (set_aside<Policy>(memory, needs_of_unmap(in, start, n)) != status::ok) {
        return status::no_memory;
    }
    unmap_locked(ctx, memory, in, start, n, dead);
    return status::ok;
}

/// exit and exec: all of it, without a lock that anyone could wait for.
template <class Policy>
void unmap_all(context<Policy>& ctx, address_space<Policy>& in) {
    dead_pages<Policy> dead{ctx};
    const typename context<Policy>::guard held{in.mmap_lock};
    zap(in, 0, page_limit, dead);
    ctx.map.unlink_all([&in, next = in.first_in(0, page_limit)]() mutable noexcept {
        auto* const now = next;
        if (now != nullptr) next = in.next(*now);
        return now;
    });
    in.for_each(0, page_limit, [&](vma<Policy>& v) { remove_vma(ctx, v); });
    free_leaves(ctx, in, 0, page_limit);
}

}  // namespace rmap::inline RMAP_ABI::mm
