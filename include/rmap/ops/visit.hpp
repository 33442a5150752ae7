// SPDX-License-Identifier: BSL-1.0
#pragma once

// The outcome of a walk, and how a place is handed to the visitor.

#include <cstddef>
#include <type_traits>

#include <rmap/core/status.hpp>
#include <rmap/core/types.hpp>

namespace rmap::inline RMAP_ABI {

struct [[nodiscard]] walk_result {
    status state = status::ok;  // contended and not_mapped: nothing, or not all, was looked at
    std::size_t visited = 0;    // vmas that the walk met
    std::size_t places = 0;     // that the visitor was called with: visited less the skipped ones
    bool stopped = false;       // the visitor returned false
};

namespace ops {

/// A place whose address was read once, for walks that find out afterwards whether that was at a
/// good moment.
template <class Vma, class Mm>
class seen_place {
public:
    seen_place(Vma& vma, Mm& mm) noexcept : vma_{&vma}, mm_{&mm} {}

    void saw(pgno address) noexcept { address_ = address; }

    [[nodiscard]] Mm& mm() const noexcept { return *mm_; }
    [[nodiscard]] pgno address() const noexcept { return address_; }
    [[nodiscard]] Vma& vma() const noexcept { return *vma_; }

private:
    Vma* vma_;
    Mm* mm_;
    pgno address_ = 0;
};

/// Whether the walk goes on.
template <class Visitor, class Place>
[[gnu::always_inline]] inline bool hand_over(Visitor& visitor, const Place& place,
                                             walk_result& result) {
    ++result.visited;
    if constexpr (requires { visitor.skip(place.vma()); }) {
        if (visitor.skip(place.vma())) return true;
    }
    ++result.places;
    if constexpr (std::is_void_v<decltype(visitor(place))>) {
        visitor(place);
        return true;
    } else {
        result.stopped = !visitor(place);
        return !result.stopped;
    }
}

}  // namespace ops

}  // namespace rmap::inline RMAP_ABI
