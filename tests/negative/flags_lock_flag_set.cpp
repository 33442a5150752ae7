// expect: rmap: the flag .locked. is the word's lock: take it by a guard
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/page_flags.hpp>

enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;

void lock(word& w) {
    w.set<pg::locked, rmap::order::acquire>();
}
