// SPDX-License-Identifier: BSL-1.0
#pragma once

// The pages of a file that are in memory. A page is added by the first fault that needs it and
// stays until the file is truncated or punched there, reclaim takes it, or the file goes.

#include <rmap/mm/context.hpp>
#include <rmap/mm/dead_pages.hpp>

namespace rmap::inline RMAP_ABI::mm {

/// Pages of a file, from an offset on, as many as one look finds; each comes with a reference.
template <class Policy>
struct cached {
    status state = status::ok;
    pgno count = 0;
    page<Policy>* found[leaf<Policy>::entries];  // `count` of them

    cached(status why) noexcept : state{why} {}
    void add(page<Policy>& p) noexcept {
        p.get();
        found[count++] = &p;
    }
};

/// The page at `index` of a file, which is brought into memory, and those that follow it in memory,
/// up to `most`. not_mapped: past the end.
template <class Policy>
[[nodiscard]] cached<Policy> cached_pages(context<Policy>& ctx, file<Policy>& from, pgoff_t index,
                                          pgno most, dead_pages<Policy>& dead) {
    const pgno size = from.pages();
    if (index >= size) return status::not_mapped;
    leaf<Policy>* const l = from.cache.make(ctx.memory(), index);
    if (l == nullptr) return status::no_memory;
    const pgno past = least(index + most, size, l->first + leaf<Policy>::entries);
    cached<Policy> out{status::ok};
    const auto look = [&] {
        for (pgoff_t at = index; at != past; ++at) {
            page<Policy>* const p = l->at(at).mapped();
            if (p == nullptr) break;
            out.add(*p);
        }
        return out.count != 0;
    };
    {
        const write_guard held{l->lock};
        if (look()) return out;
    }
    page<Policy>* const fresh = make<page<Policy>>(ctx.memory());
    if (fresh == nullptr) return status::no_memory;
    ctx.map.tag_file(*fresh, from.mappings, index);
    const write_guard held{l->lock};
    if (look()) {
        dead.put(*fresh);
        return out;
    }
    // Asked again under the leaf's lock, through which truncation comes after it set the size.
    if (index >= from.pages()) {
        dead.put(*fresh);
        return status::not_mapped;
    }
    // Reclaim takes the page for one of the file's, as its tag says so, and would wait for the
    // leaf's lock to take it out again: by then it is in.
    ctx.lru.add_new(*fresh);
    l->set(index, pte<Policy>::of(*fresh));
    out.add(*fresh);
    return out;
}

}  // namespace rmap::inline RMAP_ABI::mm
