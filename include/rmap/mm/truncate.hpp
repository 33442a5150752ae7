// SPDX-License-Identifier: BSL-1.0
#pragma once

// A file becomes shorter, or gets a hole. Every mapping of the pages goes, wherever it is;
// truncation takes private copies past the new end as well, in two passes, since a fault may copy a
// page between the first pass and the moment at which the file loses it (seed 004 quotes the
// place).

#include <rmap/mm/context.hpp>
#include <rmap/mm/zap.hpp>

namespace rmap::inline RMAP_ABI::mm {

/// Takes away the entries for the file's pages [first, first + n), and with `even_copies` those of
/// private copies in their place.
template <class Policy>
void unmap_file_range(context<Policy>& ctx, file<Policy>& from, pgoff_t first, pgno n,
                      bool even_copies, dead_pages<Policy>& dead) {
    const auto zap = [&](const auto& place) {
        auto& v = place.vma();
        const pgoff_t past = first + n < v.pgoff() + v.pages() ? first + n : v.pgoff() + v.pages();
        const pgno to = v.start() + (past - v.pgoff());
        zap_if(v.mm(), place.address(), to, dead, [&](page<Policy>* p) {
            return even_copies || (p != nullptr && !p->anonymous());
        });
    };
    (void)ctx.map.walk_file(from.mappings, first, n, zap);  // it waits; without pages it does none
}

/// Takes the pages [first, first + n) out of the file. Each is locked, so that no fault maps it any
/// more; what mapped it meanwhile is unmapped again.
template <class Policy>
void drop_cached(context<Policy>& ctx, file<Policy>& from, pgoff_t first, pgno n,
                 dead_pages<Policy>& dead) {
    using leaf_type = leaf<Policy>;
    const pgoff_t past = first + n;
    from.cache.for_each_leaf(first, past, [&](leaf_type& l) {
        for (pgoff_t at = first;;) {
            page<Policy>* p = nullptr;
            {
                const write_guard held{l.lock};
                l.for_each(at, past, [&](pgoff_t index, pte<Policy> entry) {
                    at = index;
                    p = entry.mapped();
                    if (p != nullptr) p->get();
                    return p == nullptr;
                });
            }
            if (p == nullptr) return;
            {
                const write_guard locked{p->lock};
                if (p->mapped()) unmap_file_range(ctx, from, at, 1, false, dead);
                const write_guard held{l.lock};
                // A migration may have put another page here meanwhile: then that one comes next.
                if (l.at(at) == pte<Policy>::of(*p)) {
                    l.set(at, {});
                    ctx.map.untag(*p);
                    dead.put(*p);
                }
            }
            dead.put(*p);
        }
    });
}

/// `filesize`.
template <class Policy>
status resize(context<Policy>& ctx, file<Policy>& f, pgno pages) {
    if (pages > page_limit) return status::invalid;
    dead_pages<Policy> dead{ctx};
    const write_guard held{f.resize_lock};
    const pgno before = f.pages();
    f.set_pages(pages);
    if (pages >= before) return status::ok;
    // To the end of all offsets: copies of pages that were past the old end do not exist, but vmas
    // do.
    const pgno n = page_limit - pages;
    unmap_file_range(ctx, f, pages, n, true, dead);
    drop_cached(ctx, f, pages, n, dead);
    unmap_file_range(ctx, f, pages, n, true, dead);
    return status::ok;
}

/// Hole punching: the file's pages go, private copies stay.
template <class Policy>
status punch(context<Policy>& ctx, file<Policy>& f, pgoff_t first, pgno n) {
    if (!valid_range(first, n)) return status::invalid;
    dead_pages<Policy> dead{ctx};
    const write_guard held{f.resize_lock};
    unmap_file_range(ctx, f, first, n, false, dead);
    drop_cached(ctx, f, first, n, dead);
    return status::ok;
}

}  // namespace rmap::inline RMAP_ABI::mm
