// SPDX-License-Identifier: BSL-1.0
#pragma once

// Faults: one page is touched, for reading or for writing. They run side by side, holding the mmap_lock
// shared; each looks at the entry, allocates without it locked, and looks again.

#include <rmap/mm/context.hpp>
#include <rmap/mm/page_cache.hpp>
#include <rmap/mm/zap.hpp>

namespace rmap::inline RMAP_ABI::mm {

namespace detail {

/// What one attempt at a fault came to.
enum class attempt : unsigned char { done, again, copy, no_memory, not_mapped };

/// An entry as it is now; the page of a marker comes with a reference.
template <class Policy>
[[nodiscard]] pte<Policy> look(address_space<Policy>& in, pgno where) {
    leaf<Policy>* const l = in.table.find(where);
    if (l == nullptr) return {};
    const write_guard held{l->lock};
    const pte<Policy> seen = l->at(where);
    if (page<Policy>* awaited = seen.awaited()) awaited->get();
    return seen;
}

/// Maps `p` (with a reference, for the table) where `seen` still is, if allowed() says so under the
/// entry's lock. The page that was there goes.
template <class Policy, class Allowed>
[[nodiscard]] bool install_if(leaf<Policy>& l, pgno where, pte<Policy> seen, page<Policy>& p,
                              dead_pages<Policy>& dead, Allowed allowed) {
    const write_guard held{l.lock};
    if (l.at(where) != seen || !allowed()) return false;
    map_page(l, where, p);
    if (page<Policy>* old = seen.mapped()) {
        old->remove_mapping();
        dead.put(*old);
    }
    return true;
}

template <class Policy>
[[nodiscard]] bool install(leaf<Policy>& l, pgno where, pte<Policy> seen, page<Policy>& p,
                           dead_pages<Policy>& dead) {
    return install_if(l, where, seen, p, dead, [] { return true; });
}

/// A page of a file, mapped as it is.
template <class Policy>
attempt map_file_page(context<Policy>& ctx, vma<Policy>& v, pgno where, pte<Policy> seen,
                      dead_pages<Policy>& dead) {
    const pgoff_t index = v.pgoff() + (where - v.start());
    auto [state, p] = cached_page(ctx, *v.from(), index, dead);
    if (state == status::not_mapped) return attempt::not_mapped;
    if (state != status::ok) return attempt::no_memory;
    leaf<Policy>* const l = v.mm().table.make(ctx.memory(), where);
    if (l == nullptr) {
        dead.put(*p);
        return attempt::no_memory;
    }
    // The page lock keeps truncation from taking the page out of the file between the look and the
    // mapping: after its last pass nothing maps the page. The reference that came with the page is
    // kept until the lock is dropped, since the table's may go as soon as the entry is visible.
    bool mapped = false;
    {
        const write_guard locked{p->lock};
        if (p->kind() == page_kind::file) {
            p->get();
            mapped = install(*l, where, seen, *p, dead);
            if (!mapped) dead.put(*p);
        }
    }
    dead.put(*p);
    return mapped ? attempt::done : attempt::again;
}

/// A private copy (or a first page) that belongs to the vma's own anon_vma.
template <class Policy>
attempt map_private_copy(context<Policy>& ctx, vma<Policy>& v, pgno where, pte<Policy> seen,
                         dead_pages<Policy>& dead) {
    address_space<Policy>& in = v.mm();
    leaf<Policy>* const l = in.table.make(ctx.memory(), where);
    if (l == nullptr) return attempt::no_memory;
    page<Policy>* const copy = make<page<Policy>>(ctx.memory());
    if (copy == nullptr) return attempt::no_memory;
    if (ctx.map.prepare(v, in.ending_at(v.start()), in.beginning_at(v.end())) != status::ok) {
        dead.put(*copy);
        return attempt::no_memory;
    }
    ctx.map.tag_new(*copy, v, where);
    // A first copy of a file's page: nothing stood here that truncation would have taken away, so the
    // size is asked again under the entry's lock, which truncation's last pass takes after it set it.
    const auto inside = [&] {
        return !seen.empty() || v.what() != kind::private_file ||
               v.pgoff() + (where - v.start()) < v.from()->pages();
    };
    if (install_if(*l, where, seen, *copy, dead, inside)) return attempt::done;
    dead.put(*copy);
    return attempt::again;
}

/// A private page that this entry alone maps stays, and belongs to the writer from now on; any other is
/// to be copied.
template <class Policy>
[[nodiscard]] attempt reuse(context<Policy>& ctx, vma<Policy>& v, pgno where, pte<Policy> seen,
                            dead_pages<Policy>& dead) {
    page<Policy>* busy = nullptr;
    {
        leaf<Policy>* const l = v.mm().table.find(where);
        const write_guard held{l->lock};
        if (l->at(where) != seen) return attempt::again;
        page<Policy>& p = *seen.mapped();
        if (p.kind() != page_kind::anon || p.mapcount() != 1) return attempt::copy;
        // Only with the page lock is "one mapping" to be trusted: during a migration the others are
        // markers. The lock's place in the order is outside; so it is tried.
        write_guard locked{p.lock, try_to_lock};
        if (locked.owns()) {
            if (p.mapcount() != 1) return attempt::copy;
            ctx.map.tag_own(p, v, where);
            return attempt::done;
        }
        p.get();
        busy = &p;
    }
    wait_for(*busy, dead);
    return attempt::again;
}

template <class Policy>
attempt fault_once(context<Policy>& ctx, address_space<Policy>& in, pgno where, bool write,
                   dead_pages<Policy>& dead) {
    const typename context<Policy>::shared_guard held{in.mmap_lock};
    vma<Policy>* const v = in.find(where);
    if (v == nullptr || (write && !has(v->access(), prot::w))) return attempt::not_mapped;
    const pte<Policy> seen = look(in, where);
    if (page<Policy>* awaited = seen.awaited()) {
        wait_for(*awaited, dead);
        return attempt::again;
    }
    const bool wants_own = write && !v->shared();
    if (!wants_own) {
        if (!seen.empty()) return attempt::done;
        if (v->what() != kind::anon) return map_file_page(ctx, *v, where, seen, dead);
        leaf<Policy>* const l = in.table.make(ctx.memory(), where);
        if (l == nullptr) return attempt::no_memory;
        const write_guard entry{l->lock};
        if (l->at(where).empty()) l->set(where, pte<Policy>::zero_page());
        return attempt::done;
    }
    if (seen.mapped() != nullptr) {
        const attempt kept = reuse(ctx, *v, where, seen, dead);
        if (kept != attempt::copy) return kept;
    } else if (v->what() == kind::private_file &&
               v->pgoff() + (where - v->start()) >= v->from()->pages()) {
        return attempt::not_mapped;
    }
    return map_private_copy(ctx, *v, where, seen, dead);
}

}  // namespace detail

/// Touches one page. not_mapped: no vma, no write permission, or past the end of the file. no_memory:
/// nothing has changed that anyone can see.
template <class Policy>
status fault(context<Policy>& ctx, address_space<Policy>& in, pgno where, bool write) {
    if (where >= page_limit) return status::invalid;
    for (;;) {
        dead_pages<Policy> dead{ctx};
        switch (detail::fault_once(ctx, in, where, write, dead)) {
            case detail::attempt::done: return status::ok;
            case detail::attempt::no_memory: return status::no_memory;
            case detail::attempt::not_mapped: return status::not_mapped;
            case detail::attempt::copy:
            case detail::attempt::again: break;
        }
    }
}

}  // namespace rmap::inline RMAP_ABI::mm
