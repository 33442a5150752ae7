// SPDX-License-Identifier: BSL-1.0
#pragma once

// mmap: a new range, which becomes part of its neighbours where it can, and stack growth.

#include <initializer_list>

#include <rmap/mm/context.hpp>
#include <rmap/mm/unmap.hpp>

namespace rmap::inline RMAP_ABI::mm {

template <class Policy>
struct mapping_request {
    pgno start = 0;
    pgno pages = 0;
    prot access = prot::none;
    kind what = kind::anon;
    file<Policy>* from = nullptr;  // for the kinds with a file
    pgoff_t pgoff = 0;             // into the file
    bool locked = false;
    bool stack = false;
};

/// The touching vmas of the same attributes, for a merge.
template <class Policy>
[[nodiscard]] vma<Policy>* fitting_before(const address_space<Policy>& in, pgno start,
                                          const attributes<Policy>& as) noexcept {
    vma<Policy>* const v = in.ending_at(start);
    return v != nullptr && v->as() == as ? v : nullptr;
}
template <class Policy>
[[nodiscard]] vma<Policy>* fitting_behind(const address_space<Policy>& in, pgno end,
                                          const attributes<Policy>& as) noexcept {
    vma<Policy>* const v = in.beginning_at(end);
    return v != nullptr && v->as() == as ? v : nullptr;
}

/// Merges and keeps the index right: vmas of the request are out of it while their ranges change.
/// no_memory: nothing has changed. Under the mmap_lock, exclusively.
template <class Policy, memory_source Memory>
typename context<Policy>::map_type::merged merge_vmas(
    context<Policy>& ctx, Memory& memory, address_space<Policy>& in,
    const typename context<Policy>::map_type::request& want) {
    vma<Policy>* const parts[] = {want.prev, want.middle, want.next};
    if (context<Policy>::map_type::plan_merge(want) == merge_case::none) return {};
    for (vma<Policy>* v : parts) {
        if (v != nullptr) in.erase(*v);
    }
    const auto merged = ctx.map.merge(memory, want);
    for (vma<Policy>* v : parts) {
        if (v != nullptr && v != merged.removed[0] && v != merged.removed[1]) in.insert(*v);
    }
    for (vma<Policy>* v : merged.removed) {
        if (v != nullptr) destroy(ctx.memory(), *v);
    }
    return merged;
}

template <class Policy>
status map_range(context<Policy>& ctx, address_space<Policy>& in,
                 const mapping_request<Policy>& want) {
    const bool anon = want.what == kind::anon;
    if (!valid_range(want.start, want.pages) || anon != (want.from == nullptr)) {
        return status::invalid;
    }
    if (!anon && !valid_range(want.pgoff, want.pages)) return status::invalid;
    const attributes<Policy> as{
        want.access, want.what,  want.from,
        want.locked, want.stack, ctx.accounting && want.what != kind::shared_file &&
                                     has(want.access, prot::w)};
    const ops::span range{want.start, want.pages, anon ? want.start : want.pgoff};

    dead_pages<Policy> dead{ctx};
    const typename context<Policy>::guard held{in.mmap_lock};
    typename context<Policy>::reserve memory{ctx.memory()};
    needs most = needs_of_unmap(in, range.start, range.pages);
    most.vmas += 1;
    for (pgno beside : {range.start - 1, range.end()}) {
        if (const auto* v = in.find(beside)) most.links += links_of(*v);
    }
    if (set_aside<Policy>(memory, most) != status::ok) return status::no_memory;

    unmap_locked(ctx, memory, in, range.start, range.pages, dead);
    typename context<Policy>::map_type::request merge;
    merge.range = range;
    merge.prev = fitting_before(in, range.start, as);
    merge.next = fitting_behind(in, range.end(), as);
    const auto merged = merge_vmas(ctx, memory, in, merge);
    must<Policy>(merged.state);
    if (merged.what != merge_case::none) return status::ok;
    auto* const fresh =
        make<vma<Policy>>(memory, in, range.start, range.pages, range.pgoff, as);
    must<Policy>(fresh != nullptr ? status::ok : status::no_memory);
    in.insert(*fresh);
    ctx.map.link_file(*fresh);
    return status::ok;
}

/// A stack vma that begins at `old_start` begins at `new_start` now. It merges with nothing.
template <class Policy>
status grow_stack(context<Policy>& ctx, address_space<Policy>& in, pgno old_start, pgno new_start) {
    if (new_start >= old_start || old_start >= page_limit) return status::invalid;
    const typename context<Policy>::guard held{in.mmap_lock};
    vma<Policy>* const v = in.find(old_start);
    if (v == nullptr || v->start() != old_start || !v->stack()) return status::not_mapped;
    if (in.first_in(new_start, old_start) != nullptr) return status::busy;
    vma<Policy>* const prev = in.ending_at(v->start());
    vma<Policy>* const next = in.beginning_at(v->end());
    in.erase(*v);
    const status grown = ctx.map.expand_down(*v, new_start, prev, next);
    in.insert(*v);
    return grown;
}

}  // namespace rmap::inline RMAP_ABI::mm
