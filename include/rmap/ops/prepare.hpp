// SPDX-License-Identifier: BSL-1.0
#pragma once

// prepare: gives a vma its own anon_vma, at the first fault that needs a private page. Many faults
// of one address space may do so at once, holding its lock shared.

#include <cstdint>

#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/ops/ahead.hpp>
#include <rmap/ops/chain_guard.hpp>
#include <rmap/ops/facts.hpp>
#include <rmap/ops/fresh.hpp>
#include <rmap/ops/links.hpp>
#include <rmap/ops/settle.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// The anon_vma of a touching neighbour that `v` may start with, or null (kernel-rmap 1.2). The
/// neighbour's anon_vma is read once: one that a concurrent fault publishes right now is as good as
/// none, and has a chain of one link.
template <class Map>
[[nodiscard]] anon_vma<typename Map::policy>* mergeable_anon_vma(const typename Map::vma_type& v,
                                                                 typename Map::vma_type* other) {
    using policy = typename Map::policy;
    using traits = typename Map::vma_traits_type;
    if (other == nullptr || !traits::alike(v, *other)) return nullptr;
    if (!linear<Map>(v, *other) && !linear<Map>(*other, v)) return nullptr;
    anon_vma<policy>* const own = Map::own(*other);
    if (own == nullptr) return nullptr;
    const merge_side side{own, policy::topology::template inherited<policy>(Map::hook_of(*other))};
    return policy::merge::may_share(side) ? own : nullptr;
}

/// Makes sure that `v` has an anon_vma: a neighbour's if the merge rule allows (the next first,
/// then the previous), else a fresh one. A fork child that is late gets what it would have got at
/// fork. Neighbours that do not touch `v` may be given; they are
/// not used.
///
/// The caller holds the address space's lock (shared is enough), no tree lock and no
/// page_table_lock. no_memory: nothing has changed. Source: seed 000; Linux d9d332e0874f.
template <class Map, memory_source Memory>
status prepare(Map& map, Memory& memory, typename Map::vma_type& v, typename Map::vma_type* prev,
               typename Map::vma_type* next) {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    if (Map::own(v) != nullptr) return status::ok;
    if (Map::late(v)) return settle(map, memory, v);

    // Which of them is asked, and what for, is guessed wrong often: both are on their way before.
    if (next != nullptr) detail::fetch_vma<Map>(*next);
    if (prev != nullptr) detail::fetch_vma<Map>(*prev);
    anon_vma<policy>* av = mergeable_anon_vma<Map>(v, next);
    if (av == nullptr) av = mergeable_anon_vma<Map>(v, prev);

    fresh_anon_vma<Map> fresh{map};
    link_reserve<Map> reserve{map};
    if (reserve.fill(memory, objects_a_link<topology>) != status::ok) return status::no_memory;
    if (av == nullptr) {
        if (fresh.make(memory) != status::ok) return status::no_memory;
        av = fresh.get();
    } else {
        policy::trace::emit(event::anon_vma_share, av, &v);
    }

    // The tree lock even of a fresh one: whoever looks into an anon_vma or changes it takes its
    // lock, and readers may hold pointers to this memory's earlier life. The page_table_lock as
    // well: two faults may have chosen different neighbours, whose locks do not exclude each other.
    for (;;) {
        std::uint32_t lack = 0;
        {
            const auto tree = first_link_guard<Map>(v, *av);
            const write_guard space{Map::page_table_lock(v)};
            if (Map::own(v) != nullptr) {
                policy::trace::emit(event::prepare_lost, &v);
                return status::ok;
            }
            lack = reserve.lacks_first(*av, v);
            if (lack == 0) {
                topology::attach(map, v, *av, reserve.links());
                av->num_active_vmas = av->num_active_vmas + 1;
                topology::set_own(Map::hook_of(v), av);
                fresh.keep_if(av);
                return status::ok;
            }
        }
        if (reserve.fill_lack(memory, lack) != status::ok) return status::no_memory;
    }
}

}  // namespace rmap::inline RMAP_ABI::ops
