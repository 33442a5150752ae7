// SPDX-License-Identifier: BSL-1.0
#pragma once

// clone: gives a vma a copy of another's chain and the same own anon_vma. Which operation it is for
// is said by name, as the preconditions differ (Linux bug 47b390d23bf8 came from guessing it).

#include <cstdint>

#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/ops/chain_guard.hpp>
#include <rmap/ops/links.hpp>
#include <rmap/ops/settle.hpp>

namespace rmap::inline RMAP_ABI::ops {

enum class clone_op : std::uint8_t {
    split,            // the destination is a new part of the source's range, not yet published
    merge_unfaulted,  // the destination is a vma without anon_vma that will take over the source's
                      // range
    remap,  // the destination is a new vma of the same address space, the range moved there
};

/// Phase one: the links that a copy of `from`'s chain takes. Nothing to do if `from` is unfaulted.
template <class Map, memory_source Memory>
status reserve_clone(Memory& memory, link_reserve<Map>& reserve,
                     const typename Map::vma_type& from) noexcept {
    return reserve.fill_copy(memory, from);
}

/// Phase two, under the update guard of the tree of `from`, which is not late; `to` has its range
/// already, and no link.
template <class Map>
void clone_locked(Map& map, link_reserve<Map>& reserve, typename Map::vma_type& to,
                  typename Map::vma_type& from, [[maybe_unused]] clone_op op) noexcept {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    RMAP_CHECK(policy, !Map::linked(to), double_link,
               "a vma that is linked already cannot take over a chain");
    // Two vmas with the same own anon_vma MUST have the same chain (I5); a chain that reaches an
    // unrelated vma's range belongs to a fork child, and stays with it.
    RMAP_CHECK(policy,
               op != clone_op::merge_unfaulted ||
                   !topology::template inherited<policy>(Map::hook_of(from)) ||
                   !policy::merge::is_reference,
               inherited_chain,
               "a vma without anon_vma cannot take over the chain of a fork child");
    auto* const own = Map::own(from);
    RMAP_CHECK_HELD(policy, policy::locking::template may_update<policy>(*own), tree_lock_not_held,
                    "a chain is copied without its tree's lock");
    const relink_guard<policy> links{Map::hook_of(from)};
    topology::copy_chain(map, to, from, reserve.links(), [](auto&) noexcept {});
    own->num_active_vmas = own->num_active_vmas + 1;
    topology::set_own(Map::hook_of(to), own);
    policy::trace::emit(event::clone, &to, &from);
}

/// Both phases. The caller holds the address space's lock exclusively and no lock further in; `to`
/// has its range and is not linked. ok without effect if `from` is unfaulted. no_memory: nothing
/// changed, but that `from` may have been settled.
template <class Map, memory_source Memory>
status clone(Map& map, Memory& memory, typename Map::vma_type& to, typename Map::vma_type& from,
             clone_op op) {
    using policy = typename Map::policy;
    if (settle(map, memory, from) != status::ok) return status::no_memory;
    auto* const own = Map::own(from);
    if (own == nullptr) return status::ok;
    link_reserve<Map> reserve{map};
    if (reserve_clone(memory, reserve, from) != status::ok) return status::no_memory;
    for (;;) {
        std::uint32_t lack = 0;
        {
            const auto tree = chain_guard<Map>(from, *own, note_for<typename policy::lock>::here(),
                                               span_of<Map>(to));
            lack = reserve.lacks_copy(from);
            if (lack == 0) {
                clone_locked(map, reserve, to, from, op);
                return status::ok;
            }
        }
        if (reserve.fill_lack(memory, lack) != status::ok) return status::no_memory;
    }
}

}  // namespace rmap::inline RMAP_ABI::ops
