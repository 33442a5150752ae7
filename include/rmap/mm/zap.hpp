// SPDX-License-Identifier: BSL-1.0
#pragma once

// zap: takes page-table entries away. The vma that they belong to is kept in place by the caller,
// by the mmap_lock (any mode) or by the lock of a walk that found it.

#include <rmap/mm/context.hpp>
#include <rmap/mm/dead_pages.hpp>
#include <rmap/mm/mlock.hpp>

namespace rmap::inline RMAP_ABI::mm {

/// Clears the entries in [from, to) for which chosen(page*) is true; the zero page is given as
/// null. Markers of chosen pages go as well: then the migration restores nothing there.
template <class Policy, class Chosen>
void zap_if(address_space<Policy>& in, pgno from, pgno to, dead_pages<Policy>& dead,
            Chosen chosen) {
    using guard = typename context<Policy>::guard;
    in.table.for_each_leaf(from, to, [&](leaf<Policy>& l) {
        {
            const guard held{l.lock};
            l.for_each(from, to, [&](pgno where, pte<Policy> entry) {
                page<Policy>* const awaited = entry.awaited();
                page<Policy>* const mapped = entry.mapped();
                if (!chosen(awaited != nullptr ? awaited : mapped)) return true;
                l.set(where, {});
                if (mapped != nullptr) dead.put_entry(*mapped, in, where);
                if (awaited != nullptr) dead.put_marker(*awaited, in, where);
                return true;
            });
        }
        dead.flush();
    });
}

template <class Policy>
void zap(address_space<Policy>& in, pgno from, pgno to, dead_pages<Policy>& dead) {
    zap_if(in, from, to, dead, [](page<Policy>*) { return true; });
}

/// Maps `p` at an entry of `v`; the table takes over a reference. `held` is the leaf's lock.
template <class Policy>
void map_page(context<Policy>& ctx, bool locked, leaf<Policy>& l, const entry_guard<Policy>& held,
              pgno where, page<Policy>& p) noexcept {
    p.add_mapping();
    l.set(where, pte<Policy>::of(p));
    l.set_locked(where, locked);
    if (locked) mlock_page(ctx, p, held);
}
template <class Policy>
void map_page(context<Policy>& ctx, const vma<Policy>& v, leaf<Policy>& l,
              const entry_guard<Policy>& held, pgno where, page<Policy>& p) noexcept {
    map_page(ctx, v.locked(), l, held, where, p);
}

}  // namespace rmap::inline RMAP_ABI::mm
