// SPDX-License-Identifier: BSL-1.0
#pragma once

// Reclaim: the oldest inactive pages are taken off their list, and looked for with the reverse map.
// A page that a locked vma maps goes to the unevictable list, and if its mlocked flag was missing,
// gets it back. A page of a file is unmapped everywhere and leaves the file: its content can be
// read again. There is no swap, so an anonymous page stays, as an active one.

#include <cstddef>

#include <rmap/mm/context.hpp>
#include <rmap/mm/dead_pages.hpp>
#include <rmap/mm/mlock.hpp>

namespace rmap::inline RMAP_ABI::mm {

namespace detail {

/// Takes away every entry that maps the page, unless a locked vma does. The page is locked.
template <class Policy>
void unmap_everywhere(context<Policy>& ctx, page<Policy>& p, dead_pages<Policy>& dead) {
    static_cast<void>(ctx.map.walk(p, [&](const auto& place) {
        leaf<Policy>* const l = place.mm().table.find(place.address());
        if (l == nullptr) return true;
        const entry_guard<Policy> held{l->lock};
        if (l->at(place.address()).mapped() != &p) return true;
        if (in_locked_vma(place, *l)) {
            mlock_page(ctx, p, held);
            return false;
        }
        l->set(place.address(), {});
        dead.put_mapping(p);
        ops::place_gone(place);
        return true;
    }));
}

/// Takes an isolated page out of its file, if nothing maps it then. False: it stays. The page is
/// locked, so that no fault maps it any more.
template <class Policy>
[[nodiscard]] bool evict(context<Policy>& ctx, page<Policy>& p, dead_pages<Policy>& dead) {
    using flag = page_flag;
    if (p.flags.template test<flag::mlocked, order::relaxed>()) return false;
    const locked_vma found = mlock_again(ctx, p);
    // An mlock that came in between has set the flag by itself: nothing was missing.
    if (found == locked_vma::flag_was_missing) ctx.lru.one_restored();
    if (found != locked_vma::none) return false;
    const page_hook<Policy>& hook = p;
    i_mmap<Policy>* const mappings = page_hook<Policy>::file(hook.read());
    if (mappings == nullptr) {
        p.flags.template set<flag::active, order::relaxed>();
        return false;
    }
    unmap_everywhere(ctx, p, dead);
    if (p.mapped()) return false;
    // While the page is locked and has the tag, it is in the file, so the file is there.
    file<Policy>& of = static_cast<file_mappings<Policy>&>(*mappings).of;
    leaf<Policy>& l = *of.cache.find(hook.index());
    {
        const write_guard held{l.lock};
        l.set(hook.index(), {});
    }
    ctx.map.untag(p);
    dead.put(p);
    return true;
}

}  // namespace detail

/// Looks at the pages that are inactive now, oldest first, until `want` of them are gone. How many
/// went. The caller holds no lock.
template <class Policy>
std::size_t reclaim(context<Policy>& ctx, std::size_t want) {
    ctx.lru.age();
    std::size_t gone = 0;
    for (std::size_t looks = ctx.lru.counts().inactive; looks != 0 && gone != want; --looks) {
        dead_pages<Policy> dead{ctx};
        page<Policy>* const p = ctx.lru.isolate_oldest();
        if (p == nullptr) break;
        bool evicted = false;
        {
            const write_guard locked{p->lock};
            evicted = detail::evict(ctx, *p, dead);
        }
        if (evicted) {
            ++gone;
        } else {
            ctx.lru.putback(*p);
        }
        dead.put(*p);
    }
    return gone;
}

}  // namespace rmap::inline RMAP_ABI::mm
