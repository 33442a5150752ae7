// SPDX-License-Identifier: BSL-1.0
#pragma once

// mremap with another size, step by step, for policies that merge less than the kernel: what was
// one vma when the trace was recorded may be several. The player calls it; a policy whose merges
// are the reference's needs one call of the reference mm instead.

#include <rmap/core/status.hpp>
#include <rmap/mm/system.hpp>
#include <rmap/replay/event.hpp>

namespace rmap::inline RMAP_ABI::replay {

/// What the mremap `e`, whose sizes differ, comes to. Not all or nothing: a step that fails leaves
/// those before it done.
template <class Policy>
status resize_in_steps(mm::system<Policy>& in, mm::address_space<Policy>& space, const event& e) {
    const pgno stays = e.pages < e.to_pages ? e.pages : e.to_pages;
    if (!space.covers(e.start, e.start + stays)) return status::not_mapped;
    if (e.start != e.to) {
        const status freed = in.munmap(space, e.to, e.to_pages);
        if (freed != status::ok) return freed;
    }
    if (e.pages > stays) {
        const status cut = in.munmap(space, e.start + stays, e.pages - stays);
        if (cut != status::ok) return cut;
    }
    if (e.start != e.to) {
        const status moved = in.mremap(space, e.start, stays, e.to, stays, false);
        if (moved != status::ok) return moved;
    }
    if (e.to_pages == stays) return status::ok;
    // The last of the pieces grows.
    const auto* last = space.find(e.to + stays - 1);
    if (last == nullptr || last->end() != e.to + stays) return status::not_mapped;
    return in.mremap(space, last->start(), last->pages(), last->start(),
                     last->pages() + (e.to_pages - stays), false);
}

}  // namespace rmap::inline RMAP_ABI::replay
