// SPDX-License-Identifier: BSL-1.0
#pragma once

// fork: links a child process's vma to all that its parent's is linked to, and gives it an anon_vma
// of its own for the pages that it will not share: a fresh one, or an ancestor's that nobody owns
// any more
// ("reuse", which keeps the chain of fork, exit, fork, exit, ... bounded; Linux 7a3ef208e662).

#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/ops/chain_guard.hpp>
#include <rmap/ops/fresh.hpp>
#include <rmap/ops/links.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// `child` has its range (the parent's) and is not linked. The caller holds the parent's address
/// space lock exclusively, and the child's or alone knows it. ok without effect if the parent is
/// unfaulted. no_memory: nothing changed.
///
/// Page-table entries MUST be copied after this call and before the parent's lock is dropped: then
/// a walk meets the parent's entry or both, never the child's alone, since the child's vma comes
/// after the parent's in every walk order.
template <class Map, memory_source Memory>
status fork(Map& map, Memory& memory, typename Map::vma_type& child,
            typename Map::vma_type& parent) {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    auto* const parents_own = Map::own(parent);
    if (parents_own == nullptr) return status::ok;
    RMAP_CHECK(policy, Map::own(child) == nullptr, double_link,
               "a fork child's vma is linked already");

    constexpr bool shares = one_a_family<topology>;
    const auto inherited = topology::template links_of<policy>(Map::hook_of(parent));
    fresh_anon_vma<Map> fresh{map};
    link_reserve<Map> reserve{map};
    const auto links_needed = inherited + (shares ? 0 : objects_a_link<topology>);
    if (reserve.fill(memory, links_needed) != status::ok) return status::no_memory;
    if (!shares && fresh.make(memory) != status::ok) return status::no_memory;

    const auto tree =
        chain_guard<Map>(parent, *parents_own, note_for<typename policy::lock>::here());
    const relink_guard<policy> links{Map::hook_of(parent)};
    anon_vma<policy>* own = shares ? parents_own : nullptr;
    topology::copy_chain(map, child, parent, reserve.links(), [&](auto& ancestor) noexcept {
        if (own == nullptr && &ancestor != parents_own &&
            policy::merge::may_reuse(ancestor.num_children, ancestor.num_active_vmas)) {
            own = &ancestor;
            policy::trace::emit(event::anon_vma_reuse, &ancestor, &child);
        }
    });
    if (own == nullptr) {
        fresh.adopt_by(*parents_own);
        own = &fresh.keep();
        topology::attach(map, child, *own, reserve.links());
    }
    own->num_active_vmas = own->num_active_vmas + 1;
    topology::set_own(Map::hook_of(child), own);
    policy::trace::emit(event::fork, &child, &parent);
    return status::ok;
}

}  // namespace rmap::inline RMAP_ABI::ops
