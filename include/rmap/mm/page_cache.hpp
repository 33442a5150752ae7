// SPDX-License-Identifier: BSL-1.0
#pragma once

// The pages of a file that are in memory. A page is added by the first fault that needs it and stays
// until the file is truncated or punched there, or goes.

#include <rmap/mm/context.hpp>

namespace rmap::inline RMAP_ABI::mm {

template <class Policy>
struct cached {
    status state = status::ok;
    page<Policy>* found = nullptr;  // with a reference
};

/// The page at `index` of a file. not_mapped: past the end.
template <class Policy>
[[nodiscard]] cached<Policy> cached_page(context<Policy>& ctx, file<Policy>& from, pgoff_t index,
                                         dead_pages<Policy>& dead) {
    if (index >= from.pages()) return {status::not_mapped};
    leaf<Policy>* const l = from.cache.make(ctx.memory(), index);
    if (l == nullptr) return {status::no_memory};
    const auto look = [&]() -> page<Policy>* {
        page<Policy>* const p = l->at(index).mapped();
        if (p != nullptr) p->get();
        return p;
    };
    {
        const write_guard held{l->lock};
        if (page<Policy>* p = look()) return {status::ok, p};
    }
    page<Policy>* const fresh = make<page<Policy>>(ctx.memory());
    if (fresh == nullptr) return {status::no_memory};
    ctx.map.tag_file(*fresh, from.mappings, index);
    const write_guard held{l->lock};
    if (page<Policy>* p = look()) {
        dead.put(*fresh);
        return {status::ok, p};
    }
    // Asked again under the leaf's lock, through which truncation comes after it set the size.
    if (index >= from.pages()) {
        dead.put(*fresh);
        return {status::not_mapped};
    }
    l->set(index, pte<Policy>::of(*fresh));
    fresh->get();
    return {status::ok, fresh};
}

}  // namespace rmap::inline RMAP_ABI::mm
