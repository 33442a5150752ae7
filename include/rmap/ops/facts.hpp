// SPDX-License-Identifier: BSL-1.0
#pragma once

// What operations ask about ranges and vmas before they decide: is a continuation linear, does a
// range wrap, what does a merge rule need to know of a side. No lock but the address space's.

#include <rmap/core/types.hpp>
#include <rmap/merges/concept.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/model/vma.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI::ops {

/// A range of an address space together with the offset of its first page.
struct span {
    pgno start = 0;
    pgno pages = 0;
    pgoff_t pgoff = 0;

    [[nodiscard]] constexpr pgno end() const noexcept { return start + pages; }
    /// Not empty, and neither the addresses nor the offsets wrap.
    [[nodiscard]] constexpr bool valid() const noexcept {
        return pages != 0 && start + pages > start && pgoff + pages > pgoff;
    }
    /// `behind` begins where this ends, in addresses and in offsets.
    [[nodiscard]] constexpr bool continued_by(const span& behind) const noexcept {
        return start + pages == behind.start && pgoff + pages == behind.pgoff;
    }
    friend constexpr bool operator==(const span&, const span&) = default;
};

template <class Map>
[[nodiscard]] span span_of(const typename Map::vma_type& v) noexcept {
    using traits = typename Map::vma_traits_type;
    return {traits::start(v), traits::pages(v), traits::pgoff(v)};
}

template <class Map>
[[nodiscard]] bool linear(const typename Map::vma_type& a,
                          const typename Map::vma_type& b) noexcept {
    return span_of<Map>(a).continued_by(span_of<Map>(b));
}

/// Whether the vma is a fork child that is linked and has no own anon_vma yet.
template <class Policy>
[[nodiscard]] bool is_late([[maybe_unused]] const vma_hook<Policy>& v) noexcept {
    using topology = typename Policy::topology;
    if constexpr (owns_late<topology>) {
        return topology::template late<Policy>(v);
    } else {
        return false;
    }
}
/// Its own anon_vma, or its parent's while it is late; null while unfaulted.
template <class Policy>
[[nodiscard]] anon_vma<Policy>* nearest_of(const vma_hook<Policy>& v) noexcept {
    using topology = typename Policy::topology;
    if constexpr (owns_late<topology>) {
        return topology::template nearest<Policy>(v);
    } else {
        return topology::template own<Policy>(v);
    }
}

/// What a merge rule is told of a vma; of none: an unfaulted side.
template <class Map>
[[nodiscard]] merge_side side_of(typename Map::vma_type* v) noexcept {
    using policy = typename Map::policy;
    if (v == nullptr) return {};
    const void* own = Map::own(*v);
    // One that is late stands for the own anon_vma that it will have, which is nobody else's.
    if (owns_late<typename policy::topology> && own == nullptr && Map::late(*v)) own = v;
    return {own, policy::topology::template inherited<policy>(Map::hook_of(*v))};
}

}  // namespace rmap::inline RMAP_ABI::ops
