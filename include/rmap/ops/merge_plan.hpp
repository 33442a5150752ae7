// SPDX-License-Identifier: BSL-1.0
#pragma once

// Which of its neighbours a range becomes part of: the eight classical cases, as a pure question
// over what is there. P is the vma before the range, N the one behind it, M the vma that the range
// is part of now (none for a new range).
//
//   case                what happens                                        before      after
//   1 fill_gap          the range joins P and N                             PP  NN      PPPPPP
//   2 extend_prev       P grows over the range                              PP          PPPP
//   3 extend_next       N grows down over the range                           NN      NNNN
//   4 into_next         the tail of M goes over to N                        MMMMNN      MMNNNN
//   5 into_prev         the head of M goes over to P                        PPMMMM      PPPPMM
//   6 join_all          all of M: P, M and N become one                     PPMMNN      PPPPPP
//   7 all_into_prev     all of M becomes part of P                          PPMM        PPPP
//   8 all_into_next     all of M becomes part of N                          MMNN        NNNN

#include <cstdint>

#include <rmap/core/types.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/ops/facts.hpp>

namespace rmap::inline RMAP_ABI {

enum class merge_case : std::uint8_t {
    none = 0,
    fill_gap = 1,
    extend_prev = 2,
    extend_next = 3,
    into_next = 4,
    into_prev = 5,
    join_all = 6,
    all_into_prev = 7,
    all_into_next = 8,
};

/// What would like to merge. Vmas are given only where they fit: touching the range, of the same
/// file and of the attributes that the range is to have. That offsets continue and that anon_vmas
/// agree is checked here.
template <class Vma>
struct merge_request {
    ops::span range{};
    Vma* prev = nullptr;
    Vma* next = nullptr;
    Vma* middle = nullptr;       // the vma that the range is part of, when its attributes change
    Vma* copied_from = nullptr;  // the vma that the range is a moved copy of (mremap)
    bool growing = false;  // the range is new room of `prev`, which grows in place (mremap): then
                           // prev takes it even if it is inherited
};

namespace ops {

template <class Map>
[[nodiscard]] [[gnu::always_inline]] inline merge_case plan_merge(
    const merge_request<typename Map::vma_type>& want) noexcept {
    using rule = typename Map::policy::merge;
    auto* const from = want.middle != nullptr ? want.middle : want.copied_from;
    const merge_side before = side_of<Map>(want.prev);
    // New room of a growing vma has that one's anon_vma already, so it is inherited by nobody.
    const merge_side self = want.growing ? merge_side{before.own, false} : side_of<Map>(from);
    const merge_side behind = side_of<Map>(want.next);

    bool left = want.prev != nullptr && span_of<Map>(*want.prev).continued_by(want.range) &&
                (want.growing || rule::may_merge(before, self));
    bool right = want.next != nullptr && want.range.continued_by(span_of<Map>(*want.next)) &&
                 rule::may_merge(behind, self);
    if (left && right && !rule::may_bridge(before, behind)) right = false;

    if (want.middle == nullptr) {
        if (left && right) return merge_case::fill_gap;
        if (left) return merge_case::extend_prev;
        return right ? merge_case::extend_next : merge_case::none;
    }
    const span whole = span_of<Map>(*want.middle);
    left = left && want.range.start == whole.start;
    right = right && want.range.end() == whole.end();
    const bool all = want.range == whole;
    if (left && right) return merge_case::join_all;
    if (left) return all ? merge_case::all_into_prev : merge_case::into_prev;
    if (right) return all ? merge_case::all_into_next : merge_case::into_next;
    return merge_case::none;
}

}  // namespace ops

}  // namespace rmap::inline RMAP_ABI
