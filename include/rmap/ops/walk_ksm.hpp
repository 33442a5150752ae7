// SPDX-License-Identifier: BSL-1.0
#pragma once

// The walk of a merged page (ksm). Each item names an address in one address space and an anon_vma;
// children forked since then map the page at the same address. First the vmas of the items' own
// address spaces, then the others, which need not have it any more.

#include <rmap/core/trace.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/ksm.hpp>
#include <rmap/model/place.hpp>
#include <rmap/ops/facts.hpp>
#include <rmap/ops/reference.hpp>
#include <rmap/ops/visit.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// Adds a place to a node. The item is the user's; it holds a reference on `from` until ksm_remove.
/// The caller MUST keep `from` alive meanwhile (the vma at the address is linked to it).
template <class Map, class Mm>
void ksm_add(ksm_node<typename Map::policy>& node, ksm_item<typename Map::policy>& item,
             anon_vma<typename Map::policy>& from, const Mm& mm, pgno address) noexcept {
    get(from);
    item.from = &from;
    item.mm = &mm;
    item.address = address;
    const write_guard guard{node.lock};
    node.items.push_back(item);
}

/// Takes it out again, and drops the reference.
template <class Map>
void ksm_remove(Map& map, ksm_node<typename Map::policy>& node,
                ksm_item<typename Map::policy>& item) noexcept {
    {
        const write_guard guard{node.lock};
        node.items.erase(item);
    }
    auto* const from = item.from.get();
    item.from = nullptr;
    put(map, *from);
}

/// contended: in try mode, perhaps after some places were visited already.
template <class Map, class Visitor>
[[gnu::always_inline]] inline walk_result walk_ksm(Map& map, ksm_node<typename Map::policy>& node,
                                                   Visitor& visitor, walk_mode mode) {
    using policy = typename Map::policy;
    walk_result result;
    const auto give_up = [&] {
        policy::trace::emit(event::walk_contended, &node);
        result.state = status::contended;
        return result;
    };
    using guard_type = read_guard<typename policy::lock>;
    const guard_type guard =
        mode == walk_mode::try_lock ? guard_type{node.lock, try_to_lock} : guard_type{node.lock};
    if (!guard.owns()) return give_up();
    policy::trace::emit(event::walk_begin, &node);
    constexpr bool own_first[] = {true, false};
    for (const bool own_mm : own_first) {
        for (auto* at = node.items.front(); at != nullptr; at = node.items.next(*at)) {
            auto& item = *static_cast<ksm_item<policy>*>(at);
            auto& from = *item.from.get();
            const typename policy::locking::template walk<policy> tree{from, mode};
            if (!tree.owns()) {
                policy::trace::emit(event::walk_end, &node);
                return give_up();
            }
            const pgno address = item.address;
            policy::topology::visit_all(
                map, from, [&](typename Map::vma_type& v) __attribute__((always_inline)) {
                    const span range = span_of<Map>(v);
                    if (address < range.start || address >= range.end()) return true;
                    if ((static_cast<const void*>(&Map::vma_traits_type::mm(v)) == item.mm) !=
                        own_mm) {
                        return true;
                    }
                    const vma_place<Map> place{v, range.pgoff + (address - range.start)};
                    return hand_over(visitor, place, result);
                });
            if (result.stopped) break;
        }
        if (result.stopped) break;
    }
    policy::trace::emit(event::walk_end, &node);
    return result;
}

}  // namespace rmap::inline RMAP_ABI::ops
