// expect: rmap: no such flag: .count. is how many there are
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/page_flags.hpp>

enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;

void mark(word& w) {
    w.set<pg::count, rmap::order::relaxed>();
}
