// SPDX-License-Identifier: BSL-1.0
#pragma once

// Faults: pages are touched, for reading or for writing. They run side by side, holding the
// mmap_lock shared; each looks at the entry, allocates without it locked, and looks again. Pages of
// one vma and one leaf of the page table that are touched together make a run: both are looked up
// once.

#include <rmap/mm/context.hpp>
#include <rmap/mm/page_cache.hpp>
#include <rmap/mm/zap.hpp>

namespace rmap::inline RMAP_ABI::mm {

namespace detail {

/// What one attempt at a fault came to.
enum class attempt : unsigned char { done, again, copy, no_memory, not_mapped };

/// Pages that are still to be touched: [at, end). Good while the mmap_lock is held.
template <class Policy>
struct run {
    vma<Policy>& v;
    leaf<Policy>& entries;
    pgno at;
    pgno end;

    [[nodiscard]] pgoff_t index() const noexcept { return v.pgoff() + (at - v.start()); }
};

/// Maps `p` (with a reference, for the table) where `seen` still is, if allowed() says so under the
/// entry's lock. The page that was there goes; dead.flush() follows.
template <class Policy, class Allowed>
[[nodiscard]] bool install_if(context<Policy>& ctx, const vma<Policy>& v, leaf<Policy>& l,
                              pgno where, pte<Policy> seen, page<Policy>& p,
                              dead_pages<Policy>& dead, Allowed allowed) {
    const entry_guard<Policy> held{l.lock};
    if (l.at(where) != seen || !allowed()) return false;
    map_page(ctx, v, l, held, where, p);
    if (page<Policy>* old = seen.mapped()) dead.put_entry(*old, v.mm(), where);
    return true;
}

template <class Policy>
[[nodiscard]] bool install(context<Policy>& ctx, const vma<Policy>& v, leaf<Policy>& l, pgno where,
                           pte<Policy> seen, page<Policy>& p, dead_pages<Policy>& dead) {
    return install_if(ctx, v, l, where, seen, p, dead, [] { return true; });
}

/// Passes over entries that are there; an empty one ends that, unless it becomes the zero page. The
/// page of a marker that stands in the way comes back with a reference.
template <class Policy>
[[nodiscard]] page<Policy>* pass_present(run<Policy>& r, bool zero) {
    const write_guard held{r.entries.lock};
    for (; r.at != r.end; ++r.at) {
        const pte<Policy> seen = r.entries.at(r.at);
        if (page<Policy>* awaited = seen.awaited()) {
            awaited->get();
            return awaited;
        }
        if (!seen.empty()) continue;
        if (!zero) break;
        r.entries.set(r.at, pte<Policy>::zero_page());
    }
    return nullptr;
}

/// The same under an exact topology, whose lock of a page comes before those of entries.
template <class Policy>
attempt map_file_pages_one_by_one(context<Policy>& ctx, run<Policy>& r, const cached<Policy>& pages,
                                  dead_pages<Policy>& dead) {
    attempt result = attempt::done;
    page<Policy>* busy = nullptr;
    pgno i = 0;
    for (; i != pages.count && result == attempt::done && busy == nullptr; ++i, ++r.at) {
        page<Policy>& p = *pages.found[i];
        bool mapped = false;
        const auto set = [&] {
            const entry_guard<Policy> held{r.entries.lock};
            const pte<Policy> seen = r.entries.at(r.at);
            if (!seen.empty()) {
                busy = seen.awaited();
                if (busy != nullptr) busy->get();
                return false;
            }
            const write_guard locked{p.lock, try_to_lock};  // as below
            if (!locked.owns()) {
                busy = &p;
                busy->get();
                return false;
            }
            if (p.kind() != page_kind::file) {
                result = attempt::again;
                return false;
            }
            map_page(ctx, r.v, r.entries, held, r.at, p);
            return true;
        };
        const status told = ctx.map.add_place(ctx.memory(), p, r.v.mm(), r.at, mapped, set);
        if (told != status::ok) result = attempt::no_memory;
        if (!mapped) dead.put(p);
        if (busy != nullptr || result != attempt::done) {
            ++i;
            break;
        }
    }
    for (; i != pages.count; ++i)
        dead.put(*pages.found[i]);
    if (busy == nullptr) return result;
    wait_for(*busy, dead);
    return attempt::again;
}

/// Pages of a file, mapped as they are: as many as are in memory side by side.
template <class Policy>
attempt map_file_pages(context<Policy>& ctx, run<Policy>& r, dead_pages<Policy>& dead) {
    const cached<Policy> pages = cached_pages(ctx, *r.v.from(), r.index(), r.end - r.at, dead);
    if (pages.state == status::not_mapped) return attempt::not_mapped;
    if (pages.state != status::ok) return attempt::no_memory;
    if constexpr (is_exact<typename Policy::topology>) {
        return map_file_pages_one_by_one(ctx, r, pages, dead);
    }
    attempt result = attempt::done;
    page<Policy>* busy = nullptr;
    pgno i = 0;
    {
        const entry_guard<Policy> held{r.entries.lock};
        for (; i != pages.count; ++i, ++r.at) {
            page<Policy>& p = *pages.found[i];
            const pte<Policy> seen = r.entries.at(r.at);
            if (!seen.empty()) {
                busy = seen.awaited();
                if (busy != nullptr) break;
                dead.put(p);
                continue;
            }
            // The page lock keeps truncation from taking the page out of the file between the look
            // and the mapping: after its last pass nothing maps the page. The lock's place in the
            // order is outside; so it is tried.
            const write_guard locked{p.lock, try_to_lock};
            if (!locked.owns()) {
                busy = &p;
                break;
            }
            if (p.kind() != page_kind::file) {
                result = attempt::again;
                break;
            }
            map_page(ctx, r.v, r.entries, held, r.at, p);
        }
        if (busy != nullptr) busy->get();
    }
    for (; i != pages.count; ++i)
        dead.put(*pages.found[i]);
    if (busy == nullptr) return result;
    wait_for(*busy, dead);
    return attempt::again;
}

/// A private copy (or a first page) that belongs to the vma's own anon_vma, in the place of `seen`.
template <class Policy>
attempt map_private_copy(context<Policy>& ctx, run<Policy>& r, pte<Policy> seen,
                         dead_pages<Policy>& dead) {
    vma<Policy>& v = r.v;
    address_space<Policy>& in = v.mm();
    page<Policy>* const copy = make<page<Policy>>(ctx.memory());
    if (copy == nullptr) return attempt::no_memory;
    if (context<Policy>::map_type::own(v) == nullptr &&
        ctx.map.prepare(v, in.ending_at(v.start()), in.beginning_at(v.end())) != status::ok) {
        dead.put(*copy);
        return attempt::no_memory;
    }
    ctx.map.tag_new(*copy, v, r.at);
    ctx.lru.add_new(*copy);
    // A first copy of a file's page: nothing stood here that truncation would have taken away, so
    // the size is asked again under the entry's lock, which truncation's last pass takes after it
    // set it.
    const auto inside = [&] {
        return !seen.empty() || v.what() != kind::private_file || r.index() < v.from()->pages();
    };
    ctx.map.add_first_place(*copy, in, r.at);
    const bool installed = install_if(ctx, v, r.entries, r.at, seen, *copy, dead, inside);
    dead.flush();
    if (installed) return attempt::done;
    ctx.map.remove_place(*copy, in, r.at);
    dead.put(*copy);
    return attempt::again;
}

/// A private page that this entry alone maps stays, and belongs to the writer from now on; any
/// other is to be copied. `seen` is what the entry was.
template <class Policy>
[[nodiscard]] attempt reuse(context<Policy>& ctx, run<Policy>& r, pte<Policy>& seen,
                            dead_pages<Policy>& dead) {
    page<Policy>* busy = nullptr;
    {
        const write_guard held{r.entries.lock};
        seen = r.entries.at(r.at);
        busy = seen.awaited();
        if (busy == nullptr) {
            page<Policy>* const p = seen.mapped();
            if (p == nullptr || p->kind() != page_kind::anon || p->mapcount() != 1) {
                return attempt::copy;
            }
            // Only with the page lock is "one mapping" to be trusted: during a migration the others
            // are markers. The lock's place in the order is outside; so it is tried.
            const write_guard locked{p->lock, try_to_lock};
            if (locked.owns()) {
                if (p->mapcount() != 1) return attempt::copy;
                ctx.map.tag_own(*p, r.v, r.at);
                return attempt::done;
            }
            busy = p;
        }
        busy->get();
    }
    wait_for(*busy, dead);
    return attempt::again;
}

/// Pages are read, or are of a shared mapping: nothing is copied.
template <class Policy>
attempt touch_shared(context<Policy>& ctx, run<Policy>& r, dead_pages<Policy>& dead) {
    if (page<Policy>* awaited = pass_present(r, r.v.what() == kind::anon)) {
        wait_for(*awaited, dead);
        return attempt::again;
    }
    return r.at == r.end ? attempt::done : map_file_pages(ctx, r, dead);
}

/// One page of a private mapping is written.
template <class Policy>
attempt write_private(context<Policy>& ctx, run<Policy>& r, dead_pages<Policy>& dead) {
    // A page that stays is to be its own, and that is not made with an entry locked.
    if (context<Policy>::map_type::late(r.v) && ctx.map.prepare(r.v) != status::ok) {
        return attempt::no_memory;
    }
    pte<Policy> seen;
    attempt result = reuse(ctx, r, seen, dead);
    if (result == attempt::copy) {
        if (seen.mapped() == nullptr && r.v.what() == kind::private_file &&
            r.index() >= r.v.from()->pages()) {
            return attempt::not_mapped;
        }
        result = map_private_copy(ctx, r, seen, dead);
    }
    if (result == attempt::done) ++r.at;
    return result;
}

/// Touches the pages from `at` on that make a run, at most up to `end`. `at` then is where it came
/// to.
template <class Policy>
status touch_run(context<Policy>& ctx, address_space<Policy>& in, pgno& at, pgno end, bool write,
                 dead_pages<Policy>& dead) {
    const typename context<Policy>::shared_guard held{in.mmap_lock};
    vma<Policy>* const v = in.find(at);
    if (v == nullptr || (write && !has(v->access(), prot::w))) return status::not_mapped;
    leaf<Policy>* const l = in.table.make(ctx.memory(), at);
    if (l == nullptr) return status::no_memory;
    run<Policy> r{*v, *l, at, least(end, v->end(), l->first + leaf<Policy>::entries)};
    status result = status::ok;
    while (r.at != r.end && result == status::ok) {
        const attempt last =
            write && !v->shared() ? write_private(ctx, r, dead) : touch_shared(ctx, r, dead);
        if (last == attempt::no_memory) result = status::no_memory;
        if (last == attempt::not_mapped) result = status::not_mapped;
    }
    at = r.at;
    return result;
}

}  // namespace detail

/// Touches pages one after the other, from `at` on; `at` then is where it came to: `end` if ok,
/// else the page that could not be touched. not_mapped: no vma, no write permission, or past the
/// end of the file. no_memory: nothing has changed at that page that anyone can see.
template <class Policy>
status touch(context<Policy>& ctx, address_space<Policy>& in, pgno& at, pgno end, bool write) {
    if (at > end || end > page_limit) return status::invalid;
    while (at != end) {
        dead_pages<Policy> dead{ctx};
        const status result = detail::touch_run(ctx, in, at, end, write, dead);
        if (result != status::ok) return result;
    }
    return status::ok;
}

}  // namespace rmap::inline RMAP_ABI::mm
