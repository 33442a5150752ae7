// SPDX-License-Identifier: BSL-1.0
#pragma once

// mprotect, mlock, munlock: part of the vmas in a range gets other attributes, vma by vma, lowest
// first. Each part merges with a neighbour of its new attributes if it can, else it is cut out.

#include <rmap/mm/context.hpp>
#include <rmap/mm/mapping.hpp>
#include <rmap/mm/unmap.hpp>

namespace rmap::inline RMAP_ABI::mm {

/// One part, all inside `v`. Under the mmap_lock, exclusively; `memory` has enough.
template <class Policy>
void modify_part(context<Policy>& ctx, typename context<Policy>::reserve& memory, vma<Policy>& v,
                 pgno from, pgno to, const attributes<Policy>& as) {
    address_space<Policy>& in = v.mm();
    typename context<Policy>::map_type::request want;
    want.range = {from, to - from, v.pgoff() + (from - v.start())};
    want.middle = &v;
    if (from == v.start()) want.prev = fitting_before(in, from, as);
    if (to == v.end()) want.next = fitting_behind(in, to, as);
    const auto merged = merge_vmas(ctx, memory, in, want);
    must<Policy>(merged.state);
    if (merged.what != merge_case::none) return;

    vma<Policy>* part = &v;
    if (from > v.start()) {
        split_vma(ctx, memory, v, from);
        part = in.find(from);
    }
    if (to < part->end()) split_vma(ctx, memory, *part, to);
    part->become(as);
}

/// changed(vma) says what the part of a vma in the range becomes; done() is called when all parts
/// are that, under the mmap_lock. not_mapped: the range has a hole.
template <class Policy, class Changed, class Done>
status modify(context<Policy>& ctx, address_space<Policy>& in, pgno start, pgno n, Changed changed,
              Done done) {
    if (!valid_range(start, n)) return status::invalid;
    const typename context<Policy>::guard held{in.mmap_lock};
    const pgno end = start + n;
    if (!in.covers(start, end)) return status::not_mapped;

    // At most two cuts; a part that merges may hand its chain to an unfaulted neighbour. Twice the
    // chains of all vmas concerned covers both.
    typename context<Policy>::reserve memory{ctx.memory()};
    const pgno before = start == 0 ? 0 : start - 1;
    const std::size_t links = links_in(in, before, end + 1);
    if (set_aside<Policy>(memory, {.vmas = 2, .links = 3 * links}) != status::ok) {
        return status::no_memory;
    }
    for (pgno at = start; at < end;) {
        vma<Policy>& v = *in.find(at);
        const pgno to = v.end() < end ? v.end() : end;
        const attributes<Policy> as = changed(v);
        if (as != v.as()) modify_part(ctx, memory, v, at, to, as);
        at = to;
    }
    done();
    return status::ok;
}

template <class Policy>
status protect(context<Policy>& ctx, address_space<Policy>& in, pgno start, pgno n, prot access) {
    const auto changed = [&](const vma<Policy>& v) {
        attributes<Policy> as = v.as();
        if (as.access == access) return as;
        as.access = access;
        // The mark of commit accounting comes with write permission and stays when that goes,
        // except on anonymous memory that was never written.
        if (has(access, prot::w)) {
            const bool was_writable = has(v.access(), prot::w);
            as.accounted = as.accounted || (ctx.accounting && !v.shared() && !was_writable);
        } else if (v.what() == kind::anon && !context<Policy>::map_type::linked(v)) {
            as.accounted = false;
        }
        return as;
    };
    return modify(ctx, in, start, n, changed, [] {});
}

/// Nothing is brought in: pages that come later are mlocked as they are mapped. Nothing can fail
/// once a vma has changed.
template <class Policy>
status set_locked(context<Policy>& ctx, address_space<Policy>& in, pgno start, pgno n,
                  bool locked) {
    dead_pages<Policy> dead{ctx};
    const auto changed = [&](const vma<Policy>& v) {
        attributes<Policy> as = v.as();
        as.locked = locked;
        return as;
    };
    return modify(ctx, in, start, n, changed, [&] {
        if (locked) {
            mlock_range(ctx, in, start, start + n);
        } else {
            munlock_range(in, start, start + n, dead);
        }
    });
}

}  // namespace rmap::inline RMAP_ABI::mm
