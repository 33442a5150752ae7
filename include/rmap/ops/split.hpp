// SPDX-License-Identifier: BSL-1.0
#pragma once

// split: a vma becomes two, which share the own anon_vma and have equal chains. Walks see either
// the one or both, never a gap.

#include <cstdint>

#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/ops/adjust.hpp>
#include <rmap/ops/clone.hpp>
#include <rmap/ops/settle.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::ops {

namespace detail {

/// Under range_locks; `fresh` has its range, and `v` keeps `rest`.
template <class Map>
void split_locked(Map& map, link_reserve<Map>& reserve, typename Map::vma_type& v,
                  typename Map::vma_type& fresh, const span& rest, bool faulted) noexcept {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    if constexpr (can_divide<topology, Map>) {
        if (faulted) {
            RMAP_CHECK(policy, Map::own(fresh) == nullptr, double_link,
                       "a vma that is linked already cannot take over a chain");
            auto& own = *Map::own(v);
            RMAP_CHECK_HELD(policy, policy::locking::template may_update<policy>(own),
                            tree_lock_not_held, "a vma is cut without its tree's lock");
            topology::divide(map, v, fresh, reserve.links(),
                             [&]() noexcept { set_range_in_file<Map>(v, rest); });
            link_file_locked<Map>(fresh);
            own.num_active_vmas = own.num_active_vmas + 1;
            topology::set_own(Map::hook_of(fresh), &own);
            policy::trace::emit(event::clone, &fresh, &v);
            policy::trace::emit(event::adjust, &v);
            return;
        }
    }
    if (faulted) clone_locked(map, reserve, fresh, v, clone_op::split);
    link_file_locked<Map>(fresh);
    adjust_locked(map, v, rest);
}

}  // namespace detail

/// `v` keeps what lies below page number `at`, `fresh` gets the rest. `fresh` is not linked and has
/// the file of `v`; its range is set here. The caller holds the address space's lock exclusively,
/// no lock further in, and publishes `fresh` in its own index afterwards. invalid: `at` is not
/// inside `v`. no_memory: nothing has changed, but that `v` may have
/// been settled.
template <class Map, memory_source Memory>
status split(Map& map, Memory& memory, typename Map::vma_type& v, typename Map::vma_type& fresh,
             pgno at) {
    using policy = typename Map::policy;
    const span whole = span_of<Map>(v);
    if (at <= whole.start || at >= whole.end()) return status::invalid;
    const pgno low = at - whole.start;

    // The two are to have one own anon_vma.
    if (settle(map, memory, v) != status::ok) return status::no_memory;
    link_reserve<Map> reserve{map};
    if (reserve_clone(memory, reserve, v) != status::ok) return status::no_memory;

    for (;;) {
        std::uint32_t lack = 0;
        {
            const range_locks<Map> locks{mapping_of<Map>(v), &v};
            const bool faulted = Map::own(v) != nullptr;
            if (faulted) lack = reserve.lacks_copy(v);
            if (lack == 0) {
                Map::vma_traits_type::set_range(fresh, at, whole.pages - low, whole.pgoff + low);
                detail::split_locked(map, reserve, v, fresh, {whole.start, low, whole.pgoff},
                                     faulted);
                policy::trace::emit(event::split, &v, &fresh);
                return status::ok;
            }
        }
        if (reserve.fill_lack(memory, lack) != status::ok) return status::no_memory;
    }
}

}  // namespace rmap::inline RMAP_ABI::ops
