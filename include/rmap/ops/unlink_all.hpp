// SPDX-License-Identifier: BSL-1.0
#pragma once

// unlink_all: unlink for all vmas of an address space, at exit. Neighbours under one root are done
// under one take of its lock, what the next ones touch is fetched meanwhile, and memory goes back
// in one go at the end. Under disciplines without one lock a tree it is unlink, one by one.

#include <rmap/locking/concept.hpp>
#include <rmap/ops/ahead.hpp>
#include <rmap/ops/chain_guard.hpp>
#include <rmap/ops/links.hpp>
#include <rmap/ops/unlink.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// `next()` returns the next vma each time, null at the end; unfaulted ones may be among them. All
/// vmas MUST stay until the call is over, as it looks ahead; they are unlinked in that order. As
/// for each unlink: their page-table entries are gone, the caller holds their address space's lock
/// exclusively and no lock further in. `next` is called with no lock held. A tree lock is held for
/// at most `most_at_once` of them.
template <class Map, class Next>
void unlink_all(Map& map, Next next) noexcept {
    using policy = typename Map::policy;
    ahead<Map, Next> vmas{static_cast<Next&&>(next)};
    if constexpr (!locks_one_a_tree<typename policy::locking>) {
        for (; vmas.at_hand() != 0; vmas.drop(1))
            unlink(map, *vmas.at(0).one);
    } else {
        link_reserve<Map> reserve{map};
        while (vmas.at_hand() != 0) {
            const auto& first = vmas.at(0);
            if (first.nearest == nullptr) {
                vmas.drop(1);
                continue;
            }
            const unsigned n = vmas.of_one_root();
            {
                const auto tree = chain_guard<Map>(*first.one, *first.nearest,
                                                   note_for<typename policy::lock>::here());
                const auto* now = &first;
                for (unsigned i = 1;; ++i) {
                    unlink_locked(map, reserve, *now->one, *now->nearest);
                    if (i == n) break;
                    now = &vmas.behind(*now);
                }
            }
            vmas.drop(n);
        }
    }
}

}  // namespace rmap::inline RMAP_ABI::ops
