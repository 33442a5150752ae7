// SPDX-License-Identifier: BSL-1.0
#pragma once

// Delta debugging: from a failing sequence to one of which no element can be left out.

#include <algorithm>
#include <cstddef>
#include <vector>

namespace rmap_test {

/// `fails(sequence)` must be true for `all`. Leaves out pieces, large ones first, as long as what
/// is left fails; the result fails, and does not without any single element.
template <class T, class Fails>
std::vector<T> shrink(std::vector<T> all, Fails fails) {
    for (std::size_t piece = std::max<std::size_t>(all.size() / 2, 1);;) {
        bool smaller = false;
        // From the end: what comes last depends on what came first.
        for (std::size_t end = all.size(); end != 0;) {
            const std::size_t begin = end > piece ? end - piece : 0;
            std::vector<T> rest{all.begin(), all.begin() + static_cast<std::ptrdiff_t>(begin)};
            rest.insert(rest.end(), all.begin() + static_cast<std::ptrdiff_t>(end), all.end());
            if (fails(rest)) {
                all = std::move(rest);
                smaller = true;
            }
            end = begin;
        }
        if (piece == 1 && !smaller) return all;
        piece = std::max<std::size_t>(piece / 2, 1);
    }
}

}  // namespace rmap_test
