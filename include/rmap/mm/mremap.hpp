// SPDX-License-Identifier: BSL-1.0
#pragma once

// mremap: a range of an address space is resized in place, or becomes mapped elsewhere, or (a range
// of no length) a second time. The order of steps is Linux's, since merges depend on it: what was
// mapped at the target goes, then an old tail, then vma by vma, lowest first: copy (or merge), move
// the entries, unmap the old part.

#include <initializer_list>

#include <rmap/mm/context.hpp>
#include <rmap/mm/ksm.hpp>
#include <rmap/mm/mapping.hpp>
#include <rmap/mm/unmap.hpp>

namespace rmap::inline RMAP_ABI::mm {

struct remap_request {
    pgno old_start = 0;
    pgno old_pages = 0;
    pgno new_start = 0;
    pgno new_pages = 0;
    bool keep = false;  // the old vma stays, without its pages (MREMAP_DONTUNMAP)
};

namespace detail {

/// Where a vma's part is found after it moved: an anonymous vma that is not faulted yet belongs to
/// its new place, everything else keeps its offsets.
template <class Policy>
[[nodiscard]] pgoff_t moved_pgoff(const vma<Policy>& v, pgno from, pgno to) noexcept {
    if (v.what() == kind::anon && !context<Policy>::map_type::linked(v)) return to;
    return v.pgoff() + (from - v.start());
}

/// The one or two leaves that the entries of [at, past), all of one leaf, move to.
template <class Policy>
class target_leaves {
public:
    target_leaves(page_table<Policy>& table, pgno first, pgno last) noexcept
        : low_{table.find(first)}, high_{table.find(last)} {}

    [[nodiscard]] leaf<Policy>& of(pgno where) const noexcept {
        return where - low_->first < leaf<Policy>::entries ? *low_ : *high_;
    }

private:
    leaf<Policy>* low_;
    leaf<Policy>* high_;
};

/// Moves the entries of one leaf that lie in [at, past) by `offset`. The page of a marker in the
/// way comes back with a reference, and `at` says where.
template <class Policy>
[[nodiscard]] page<Policy>* move_entries(leaf<Policy>& source, const target_leaves<Policy>& targets,
                                         pgno& at, pgno past, pgno offset) {
    page<Policy>* awaited = nullptr;
    const write_guard held{source.lock};
    source.for_each(at, past, [&](pgno where, pte<Policy> entry) {
        at = where;
        awaited = entry.awaited();
        if (awaited != nullptr) {
            awaited->get();
            return false;
        }
        leaf<Policy>& target = targets.of(where + offset);
        source.set(where, {});
        if (&target == &source) {
            source.set(where + offset, entry);
        } else {
            const write_guard target_held{target.lock, nested{1}};
            target.set(where + offset, entry);
        }
        return true;
    });
    return awaited;
}

/// The same under an exact topology: entry by entry, each under the lock of its page.
template <class Policy>
[[nodiscard]] page<Policy>* move_one_by_one(address_space<Policy>& in, leaf<Policy>& source,
                                            const target_leaves<Policy>& targets, pgno& at,
                                            pgno past, pgno offset, dead_pages<Policy>& dead) {
    while (at < past) {
        pte<Policy> entry;
        {
            const write_guard held{source.lock};
            source.for_each(at, past, [&](pgno where, pte<Policy> seen) {
                at = where;
                entry = seen;
                return false;
            });
            if (entry.empty()) return nullptr;
            if (page<Policy>* awaited = entry.awaited()) {
                awaited->get();
                return awaited;
            }
            if (page<Policy>* p = entry.mapped()) p->get();
        }
        const auto move = [&] {
            leaf<Policy>& target = targets.of(at + offset);
            const write_guard held{source.lock};
            if (source.at(at) != entry) return false;
            const bool locked = source.locked(at);
            source.set(at, {});
            if (&target == &source) {
                source.set(at + offset, entry);
                source.set_locked(at + offset, locked);
            } else {
                const write_guard target_held{target.lock, nested{1}};
                target.set(at + offset, entry);
                target.set_locked(at + offset, locked);
            }
            return true;
        };
        bool moved = false;
        if (page<Policy>* p = entry.mapped()) {
            moved = context<Policy>::map_type::move_place(*p, in, at, at + offset, move);
            dead.put(*p);
        } else {
            moved = move();
        }
        if (moved) ++at;
    }
    return nullptr;
}

/// Moves the entries of [from, from + n) to `to`, leaf by leaf, under the locks that walks take if
/// they are needed. `memory` has the leaves for it.
template <class Policy>
void move_range(typename context<Policy>::reserve& memory, vma<Policy>& to_vma, pgno from, pgno n,
                pgno to, bool needs_locks, dead_pages<Policy>& dead) {
    page_table<Policy>& table = to_vma.mm().table;
    const pgno offset = to - from;
    for (pgno at = from; at < from + n;) {
        leaf<Policy>* const l = table.first_in(at, from + n);
        if (l == nullptr) return;
        const pgno end_of_leaf = l->first + leaf<Policy>::entries;
        const pgno past = end_of_leaf < from + n ? end_of_leaf : from + n;
        if (at < l->first) at = l->first;
        for (pgno end : {at, past - 1}) {
            must<Policy>(table.make(memory, end + offset) != nullptr ? status::ok
                                                                     : status::no_memory);
        }
        const target_leaves<Policy> targets{table, at + offset, past - 1 + offset};
        page<Policy>* awaited = nullptr;
        {
            const typename context<Policy>::map_type::move_locks locks{to_vma, needs_locks};
            if constexpr (is_exact<typename Policy::topology>) {
                awaited =
                    move_one_by_one(to_vma.mm(), *l, targets, at, past, offset, dead);
            } else {
                awaited = move_entries(*l, targets, at, past, offset);
            }
        }
        if (awaited != nullptr) {
            wait_for(*awaited, dead);
        } else {
            at = past;
        }
    }
}

/// One vma's part: copy or merge at the new place, move the entries, take the old part away. The
/// target is free. Under the mmap_lock, exclusively; `memory` has enough.
template <class Policy>
void move_part(context<Policy>& ctx, typename context<Policy>::reserve& memory, vma<Policy>& v,
               pgno from, pgno pages, const ops::span& to, bool keep, dead_pages<Policy>& dead) {
    using map_type = typename context<Policy>::map_type;
    address_space<Policy>& in = v.mm();
    unmerge(ctx, memory, v, from, from + pages, dead);

    auto* const fresh = make<vma<Policy>>(memory, in, to.start, to.pages, to.pgoff, v.as());
    must<Policy>(fresh != nullptr ? status::ok : status::no_memory);
    typename map_type::request want;
    want.range = to;
    want.copied_from = &v;
    want.prev = fitting_before(in, to.start, v.as());
    want.next = fitting_behind(in, to.end(), v.as());
    vma<Policy>* const beside[] = {want.prev, want.next};
    for (vma<Policy>* b : beside) {
        if (b != nullptr) in.erase(*b);
    }
    const auto moved = ctx.map.copy_vma(memory, want, *fresh);
    must<Policy>(moved.state);
    for (vma<Policy>* b : beside) {
        if (b == nullptr) continue;
        if (b == moved.merged.removed[0] || b == moved.merged.removed[1]) {
            destroy(ctx.memory(), *b);
        } else {
            in.insert(*b);
        }
    }
    const bool merged = moved.to != fresh;
    if (merged) {
        destroy(ctx.memory(), *fresh);
    } else {
        in.insert(*fresh);
    }
    move_range(memory, *moved.to, from, pages, to.start, moved.needs_locks, dead);
    if (!keep) {
        unmap_locked(ctx, memory, in, from, pages, dead);
        return;
    }
    // The merge may have swallowed the old vma, or been made with it: it is looked up anew.
    vma<Policy>& old = *in.find(from);
    attributes<Policy> as = old.as();
    if (as.locked) {
        as.locked = false;
        old.become(as);
        munlock_range(in, old.start(), old.end(), dead);
    }
    if (&old != moved.to && old.start() == from && old.pages() == pages) ctx.map.unlink(old);
}

/// The most that moving [start, start + n) to a target can need.
template <class Policy>
[[nodiscard]] needs needs_of_move(address_space<Policy>& in, const remap_request& want) {
    std::size_t parts = 0;
    in.for_each(want.old_start, want.old_start + want.old_pages, [&](vma<Policy>&) { ++parts; });
    std::size_t leaves = 0;
    in.table.for_each_leaf(want.old_start, want.old_start + want.old_pages,
                           [&](leaf<Policy>&) { ++leaves; });
    const pgno target = want.new_start == 0 ? 0 : want.new_start - 1;
    const std::size_t links = links_in(in, want.old_start, want.old_start + want.old_pages) +
                              links_in(in, target, want.new_start + want.new_pages + 1);
    return {
        .vmas = 3 * parts + 3,
        .links = 4 * links,
        .leaves = 2 * leaves,
        .pages = count_merged(in, want.old_start, want.old_start + want.old_pages),
    };
}

/// A shared mapping is mapped a second time; nothing moves.
template <class Policy>
status map_again(context<Policy>& ctx, typename context<Policy>::reserve& memory, vma<Policy>& v,
                 const remap_request& want, dead_pages<Policy>& dead) {
    address_space<Policy>& in = v.mm();
    const pgoff_t pgoff = v.pgoff() + (want.old_start - v.start());
    const attributes<Policy> as = v.as();
    unmap_locked(ctx, memory, in, want.new_start, want.new_pages, dead);
    typename context<Policy>::map_type::request merge;
    merge.range = {want.new_start, want.new_pages, pgoff};
    merge.prev = fitting_before(in, want.new_start, as);
    merge.next = fitting_behind(in, want.new_start + want.new_pages, as);
    const auto merged = merge_vmas(ctx, memory, in, merge);
    must<Policy>(merged.state);
    if (merged.what != merge_case::none) return status::ok;
    auto* const fresh = make<vma<Policy>>(memory, in, want.new_start, want.new_pages, pgoff, as);
    must<Policy>(fresh != nullptr ? status::ok : status::no_memory);
    in.insert(*fresh);
    ctx.map.link_file(*fresh);
    return status::ok;
}

template <class Policy>
status resize_in_place(context<Policy>& ctx, typename context<Policy>::reserve& memory,
                       vma<Policy>& v, const remap_request& want, dead_pages<Policy>& dead) {
    address_space<Policy>& in = v.mm();
    const pgno old_end = want.old_start + want.old_pages;
    if (want.new_pages <= want.old_pages) {
        if (want.new_pages < want.old_pages) {
            unmap_locked(ctx, memory, in, want.old_start + want.new_pages,
                         want.old_pages - want.new_pages, dead);
        }
        return status::ok;
    }
    if (v.end() != old_end) return status::not_mapped;
    const pgno by = want.new_pages - want.old_pages;
    if (in.first_in(old_end, old_end + by) != nullptr) return status::busy;
    typename context<Policy>::map_type::request merge;
    merge.range = {old_end, by, v.pgoff() + v.pages()};
    merge.prev = &v;
    merge.next = fitting_behind(in, old_end + by, v.as());
    merge.growing = true;
    const auto merged = merge_vmas(ctx, memory, in, merge);
    must<Policy>(merged.state);
    return status::ok;
}

template <class Policy>
status move_all(context<Policy>& ctx, typename context<Policy>::reserve& memory,
                address_space<Policy>& in, const remap_request& want, dead_pages<Policy>& dead) {
    const bool several = want.old_pages == want.new_pages;
    if (!several) {
        unmap_locked(ctx, memory, in, want.new_start, want.new_pages, dead);
        const pgno stays = want.old_pages < want.new_pages ? want.old_pages : want.new_pages;
        if (want.old_pages > stays) {
            unmap_locked(ctx, memory, in, want.old_start + stays, want.old_pages - stays, dead);
        }
        vma<Policy>& v = *in.find(want.old_start);
        const ops::span to{want.new_start, want.new_pages,
                           moved_pgoff(v, want.old_start, want.new_start)};
        move_part(ctx, memory, v, want.old_start, stays, to, false, dead);
        return status::ok;
    }
    const pgno end = want.old_start + want.old_pages;
    for (pgno at = want.old_start; at < end;) {
        vma<Policy>* const v = in.first_in(at, end);
        if (v == nullptr) break;
        const pgno from = v->start() > at ? v->start() : at;
        const pgno to = v->end() < end ? v->end() : end;
        const pgno target = want.new_start + (from - want.old_start);
        unmap_locked(ctx, memory, in, target, to - from, dead);
        // The target may have been another part of the same vma, which is two now.
        vma<Policy>& source = *in.find(from);
        move_part(ctx, memory, source, from, to - from,
                  {target, to - from, moved_pgoff(source, from, target)}, want.keep, dead);
        at = to;
    }
    return status::ok;
}

}  // namespace detail

/// invalid: ranges that are empty, wrap or overlap, a second mapping of private memory, `keep` with
/// another size. not_mapped: the old range begins in a hole, or spans several vmas and changes its
/// size. busy: no room to grow in place.
template <class Policy>
status remap(context<Policy>& ctx, address_space<Policy>& in, const remap_request& want) {
    const bool again = want.old_pages == 0;
    const bool moves = want.old_start != want.new_start;
    if (!valid_range(want.new_start, want.new_pages) || want.old_start >= page_limit) {
        return status::invalid;
    }
    if (!again && !valid_range(want.old_start, want.old_pages)) return status::invalid;
    if (want.keep && (!moves || want.old_pages != want.new_pages)) return status::invalid;
    const bool overlap = want.old_start < want.new_start + want.new_pages &&
                         want.new_start < want.old_start + want.old_pages;
    if ((moves && overlap) || (again && !moves)) return status::invalid;

    dead_pages<Policy> dead{ctx};
    const typename context<Policy>::guard held{in.mmap_lock};
    vma<Policy>* const v = in.find(want.old_start);
    if (v == nullptr) return status::not_mapped;
    if (again && !v->shared()) return status::invalid;
    const pgno stays = want.old_pages < want.new_pages ? want.old_pages : want.new_pages;
    if (want.old_pages != want.new_pages && want.old_start + stays > v->end()) {
        return status::not_mapped;
    }
    if (v->what() != kind::anon &&
        !valid_range(v->pgoff() + (want.old_start - v->start()), want.new_pages)) {
        return status::invalid;
    }
    // What the target's vmas give up is not needed any more when they are the source's as well.
    if (again && want.old_start >= want.new_start &&
        want.old_start < want.new_start + want.new_pages) {
        return status::invalid;
    }

    typename context<Policy>::reserve memory{ctx.memory()};
    if (set_aside<Policy>(memory, detail::needs_of_move(in, want)) != status::ok) {
        return status::no_memory;
    }
    if (again) return detail::map_again(ctx, memory, *v, want, dead);
    if (!moves) return detail::resize_in_place(ctx, memory, *v, want, dead);
    return detail::move_all(ctx, memory, in, want, dead);
}

}  // namespace rmap::inline RMAP_ABI::mm
