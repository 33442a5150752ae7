// SPDX-License-Identifier: BSL-1.0
#pragma once

// move (mremap): the range of a vma becomes mapped elsewhere in the same address space. Three
// steps: a copy of the vma at the new place (merged with a neighbour there if that works), the
// page-table entries one batch after the other, and the end of the old range. In between a walk
// must not miss an entry: it either meets the old vma before the new one, or the batches are moved
// under the locks that walks take.

#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/ops/chain_guard.hpp>
#include <rmap/ops/clone.hpp>
#include <rmap/ops/file.hpp>
#include <rmap/ops/merge.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI {

/// A move under way, from copy_vma.
template <class Vma>
struct vma_move {
    status state = status::ok;
    merge_result<Vma> merged{};   // what == none: `to` is the fresh vma
    Vma* from = nullptr;          // null if the merge swallowed it (possible only while unfaulted)
    Vma* to = nullptr;
    bool needs_locks = false;     // whether batches are to be moved under move_locks
};

namespace ops {

/// Whether a walk could meet the new vma before the old one (kernel-rmap 1.10; Linux bug
/// 948f017b093a). A fresh copy comes after its source in either walk order; a vma that was there
/// before may not. Moving back after a failure reverses the order, and moving whole page tables
/// takes the locks at any rate: for both the caller passes true itself (Linux bug 97113eb39fa7).
template <class Map>
[[nodiscard]] bool move_needs_locks(const typename Map::vma_type& from,
                                    const typename Map::vma_type& to, bool merged) noexcept {
    using traits = typename Map::vma_traits_type;
    using topology = typename Map::policy::topology;
    if (!merged) return false;
    if (is_exact<topology> && mapping_of<Map>(from) == nullptr) return false;
    if (!is_exact<topology> && topology::order == walk_order::insertion) {
        if (!can_order_tail<topology, Map> || &from == &to) return true;
        // It was made the last of its anon_vmas; a file's vmas are in order of offsets.
        if (mapping_of<Map>(from) == nullptr) return false;
    }
    if (topology::order == walk_order::ancestry) return true;
    return traits::pgoff(to) <= traits::pgoff(from);
}

/// A vma that was there before and takes over a part of another is made the last that a walk meets,
/// where the topology can (Linux 948f017b093a, seed 001; 3.7 dropped it with the lists).
template <class Map>
void order_tail(Map& map, typename Map::vma_type& to,
                [[maybe_unused]] const typename Map::vma_type& from) noexcept {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    if constexpr (can_order_tail<topology, Map>) {
        auto* const own = Map::own(to);
        if (own == nullptr || &to == &from) return;
        const auto tree = chain_guard<Map>(to, *own, note_for<typename policy::lock>::here());
        const relink_guard<policy> links{Map::hook_of(to)};
        topology::order_tail(map, to);
    }
}

/// Step one. `want` describes the new place, with copied_from set; `fresh` is a vma that has the
/// range and attributes of the new place, used if nothing merges there, then linked and put into
/// its file. The caller holds the address space's lock exclusively; the new range is unmapped.
/// no_memory: nothing has changed, but that a late vma may have been settled. If the source was
/// swallowed by the merge the caller looks it up anew.
template <class Map, memory_source Memory>
vma_move<typename Map::vma_type> copy_vma(Map& map, Memory& memory,
                                          const merge_request<typename Map::vma_type>& want,
                                          typename Map::vma_type& fresh) {
    auto& from = *want.copied_from;
    const auto merged = merge(map, memory, want);
    if (merged.state != status::ok) return {merged.state};
    if (merged.what != merge_case::none) {
        const bool gone = merged.removed[0] == &from || merged.removed[1] == &from;
        auto* const source = gone ? nullptr : &from;
        if (!gone) order_tail(map, *merged.survivor, from);
        const bool locks = !gone && move_needs_locks<Map>(from, *merged.survivor, true);
        return {status::ok, merged, source, merged.survivor, locks};
    }
    const status cloned = clone(map, memory, fresh, from, clone_op::remap);
    if (cloned != status::ok) return {cloned};
    link_file<Map>(fresh);
    return {status::ok, merged, &from, &fresh, false};
}

/// Held around a batch of entries that move from one vma to another: both locks that walks take.
/// Page table locks nest inside.
template <class Map>
class move_locks {
public:
    move_locks(typename Map::vma_type& v, bool needed) noexcept
        : locks_{needed ? mapping_of<Map>(v) : nullptr, needed ? &v : nullptr} {}

private:
    range_locks<Map> locks_;
};

}  // namespace ops

}  // namespace rmap::inline RMAP_ABI
