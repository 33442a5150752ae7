// SPDX-License-Identifier: BSL-1.0
#pragma once

// merge: carries out what plan_merge says. One vma survives and takes over the range; others shrink
// or are swallowed. If the survivor has no anon_vma and one of those whose range it takes over has
// (the donor), it takes over that one's chain first, or pages of the donor would not be found any
// more (Linux bugs 287d97ac0321, 61f67c230a5e).

#include <cstdint>

#include <rmap/core/check.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/status.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/merges/kept_bugs.hpp>
#include <rmap/ops/adjust.hpp>
#include <rmap/ops/clone.hpp>
#include <rmap/ops/merge_plan.hpp>
#include <rmap/ops/settle.hpp>
#include <rmap/ops/unlink.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI {

/// What a merge did. Vmas in `removed` are linked nowhere any more: the caller takes them out of
/// its own index and frees them. `middle` of the request has shrunk in the cases into_prev and
/// into_next.
template <class Vma>
struct merge_result {
    status state = status::ok;
    merge_case what = merge_case::none;
    Vma* survivor = nullptr;
    Vma* removed[2] = {nullptr, nullptr};
};

namespace ops {

namespace detail {

/// Who takes over what, and who goes.
template <class Vma>
struct merge_moves {
    Vma* survivor = nullptr;
    span grown{};   // the survivor's range afterwards
    span shrunk{};  // the middle's range afterwards, if it stays
    Vma* removed[2] = {nullptr, nullptr};
};

template <class Map>
[[gnu::always_inline]] inline merge_moves<typename Map::vma_type> moves_of(
    merge_case what, const merge_request<typename Map::vma_type>& want) noexcept {
    // Each is worked out where a case needs it.
    const span range = want.range;
    const auto up = [&](pgno further = 0) noexcept -> span {
        const span prev = span_of<Map>(*want.prev);
        return {prev.start, prev.pages + range.pages + further, prev.pgoff};
    };
    const auto next = [&]() noexcept { return span_of<Map>(*want.next).pages; };
    const auto down = [&]() noexcept -> span {
        return {range.start, range.pages + next(), range.pgoff};
    };
    const auto head = [&]() noexcept -> span {
        const span middle = span_of<Map>(*want.middle);
        return {middle.start, middle.pages - range.pages, middle.pgoff};
    };
    const auto tail = [&]() noexcept -> span {
        const span middle = span_of<Map>(*want.middle);
        return {range.end(), middle.pages - range.pages, middle.pgoff + range.pages};
    };
    switch (what) {
        case merge_case::none: break;
        case merge_case::fill_gap: return {want.prev, up(next()), {}, {want.next, nullptr}};
        case merge_case::extend_prev: return {want.prev, up(), {}, {}};
        case merge_case::extend_next: return {want.next, down(), {}, {}};
        case merge_case::into_next: return {want.next, down(), head(), {}};
        case merge_case::into_prev: return {want.prev, up(), tail(), {}};
        case merge_case::join_all: return {want.prev, up(next()), {}, {want.middle, want.next}};
        case merge_case::all_into_prev: return {want.prev, up(), {}, {want.middle, nullptr}};
        case merge_case::all_into_next: return {want.next, down(), {}, {want.middle, nullptr}};
    }
    return {};
}

/// The first of those whose range the survivor takes over that is faulted.
template <class Map>
typename Map::vma_type* donor_of(const merge_moves<typename Map::vma_type>& moves,
                                 const merge_request<typename Map::vma_type>& want) noexcept {
    if (Map::linked(*moves.survivor)) return nullptr;
    typename Map::vma_type* const taken[] = {moves.removed[0], moves.removed[1], want.middle,
                                             want.copied_from};
    for (auto* v : taken) {
        if (v != nullptr && Map::linked(*v)) return v;
    }
    return nullptr;
}

/// Whether the survivor is left without the donor's chain, as some kernels did.
template <class Map>
[[nodiscard]] bool keeps_nothing([[maybe_unused]] const merge_moves<typename Map::vma_type>& moves,
                                 [[maybe_unused]] const merge_request<typename Map::vma_type>& want,
                                 [[maybe_unused]] const typename Map::vma_type* donor) noexcept {
    constexpr merges::kept_bugs bugs = merges::bugs_of<typename Map::policy::merge>();
    if constexpr (bugs.border_hands_nothing_over) {
        if (donor == want.middle && moves.removed[0] != want.middle) return true;
    }
    if constexpr (bugs.move_hands_nothing_over) {
        if (donor == want.copied_from) return true;
    }
    return false;
}

/// Whose chain's locks it takes; null: none.
template <class Map>
typename Map::vma_type* chained_by(const merge_moves<typename Map::vma_type>& moves,
                                   const merge_request<typename Map::vma_type>& want,
                                   typename Map::vma_type* donor) noexcept {
    if (donor != nullptr) return donor;
    if (want.middle != nullptr || !only_grows_up<Map>(*moves.survivor, moves.grown)) {
        return moves.survivor;
    }
    for (auto* gone : moves.removed) {
        if (gone != nullptr && Map::linked(*gone)) return moves.survivor;
    }
    return nullptr;
}

/// The last one that goes and the growth of the survivor in one step, where the topology can.
/// Whether that was done.
template <class Map>
bool absorb_locked(Map& map, link_reserve<Map>& reserve, typename Map::vma_type& v,
                   typename Map::vma_type& gone, const span& grown) noexcept {
    using policy = typename Map::policy;
    using topology = typename policy::topology;
    if constexpr (can_absorb<topology, Map>) {
        auto* const own = Map::own(gone);
        if (own == nullptr || !topology::may_absorb(Map::hook_of(v), Map::hook_of(gone))) {
            return false;
        }
        RMAP_CHECK_HELD(policy, policy::locking::template may_update<policy>(*own),
                        tree_lock_not_held, "vmas become one without their tree's lock");
        RMAP_CHECK(policy,
                   grown.start - grown.pgoff == span_of<Map>(v).start - span_of<Map>(v).pgoff,
                   index_moved, "a faulted vma's pages would change their offsets");
        own->num_active_vmas = own->num_active_vmas - 1;
        if (own->num_active_vmas == 0) idle_changed(*own, +1);
        topology::absorb(map, v, gone, reserve.spent(),
                         [&]() noexcept { set_range_in_file<Map>(v, grown); });
        topology::set_own(Map::hook_of(gone), static_cast<anon_vma<policy>*>(nullptr));
        policy::trace::emit(event::unlink, &gone);
        policy::trace::emit(event::adjust, &v);
        return true;
    } else {
        return false;
    }
}

/// Under the locks of the survivor's range.
template <class Map>
void merge_locked(Map& map, link_reserve<Map>& reserve,
                  const merge_request<typename Map::vma_type>& want,
                  const merge_moves<typename Map::vma_type>& moves,
                  typename Map::vma_type* donor) noexcept {
    if (want.middle != nullptr && moves.removed[0] != want.middle) {
        adjust_locked(map, *want.middle, moves.shrunk);
    }
    const bool takes_over = donor != nullptr;
    if (takes_over) {
        // Not linked yet: the range first, then the chain under that range.
        adjust_locked(map, *moves.survivor, moves.grown);
        clone_locked(map, reserve, *moves.survivor, *donor, clone_op::merge_unfaulted);
    }
    bool is_grown = takes_over;
    for (typename Map::vma_type* gone : moves.removed) {
        if (gone == nullptr) continue;
        unlink_file_locked<Map>(*gone);
        if (!is_grown && (gone == moves.removed[1] || moves.removed[1] == nullptr)) {
            is_grown = absorb_locked(map, reserve, *moves.survivor, *gone, moves.grown);
            if (is_grown) continue;
        }
        if (auto* const nearest = Map::nearest(*gone); nearest != nullptr) {
            unlink_locked(map, reserve, *gone, *nearest);
        }
    }
    if (!is_grown) adjust_locked(map, *moves.survivor, moves.grown);
    Map::policy::trace::emit(event::merge, moves.survivor);
}

}  // namespace detail

/// Plans and carries out a merge. The result says what became of it; `none` if nothing can merge
/// (state ok). The caller holds the address space's lock exclusively and no lock further in.
/// no_memory: nothing has changed, but that a late vma may have been settled. After growing in
/// place the range is never refused: `prev` always takes it.
template <class Map, memory_source Memory>
merge_result<typename Map::vma_type> merge(Map& map, Memory& memory,
                                           const merge_request<typename Map::vma_type>& want) {
    using vma_type = typename Map::vma_type;
    if (!want.range.valid()) return {status::invalid};
    const merge_case what = plan_merge<Map>(want);
    if (what == merge_case::none) return {};
    const auto moves = detail::moves_of<Map>(what, want);
    vma_type* const faulted = detail::donor_of<Map>(moves, want);
    vma_type* const donor = detail::keeps_nothing<Map>(moves, want, faulted) ? nullptr : faulted;

    link_reserve<Map> reserve{map};
    if (donor != nullptr && settle(map, memory, *donor) != status::ok) return {status::no_memory};
    if (donor != nullptr && reserve_clone(memory, reserve, *donor) != status::ok) {
        return {status::no_memory};
    }

    vma_type* const chained = detail::chained_by<Map>(moves, want, faulted);
    const span middle = want.middle != nullptr ? span_of<Map>(*want.middle) : span{};
    for (;;) {
        std::uint32_t lack = 0;
        {
            const range_locks<Map> locks{mapping_of<Map>(*moves.survivor), chained, moves.grown,
                                         middle};
            if (donor != nullptr) lack = reserve.lacks_copy(*donor);
            if (lack == 0) {
                detail::merge_locked(map, reserve, want, moves, donor);
                break;
            }
        }
        if (reserve.fill_lack(memory, lack) != status::ok) return {status::no_memory};
    }
    return {status::ok, what, moves.survivor, {moves.removed[0], moves.removed[1]}};
}

}  // namespace ops

}  // namespace rmap::inline RMAP_ABI
