// SPDX-License-Identifier: BSL-1.0
#pragma once

// The outcome of a walk, and how a place is handed to the visitor.

#include <cstddef>
#include <type_traits>

#include <rmap/core/status.hpp>

namespace rmap::inline RMAP_ABI {

struct walk_result {
    status state = status::ok;
    std::size_t visited = 0;  // vmas that the walk met
    std::size_t places =
        0;  // places that the visitor was called with: visited less the skipped ones
    bool stopped = false;     // the visitor returned false
};

namespace ops {

/// Whether the walk goes on.
template <class Visitor, class Place>
bool hand_over(Visitor& visitor, const Place& place, walk_result& result) {
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
