// expect: no matching (member )?function
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/page_flags.hpp>

// The shared form does nothing without an order.
enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;

void mark(word& w) {
    w.set<pg::lru>();
}
