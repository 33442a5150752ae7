// expect: no matching (member )?function
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/page_flags.hpp>

// Nobody else sees an unpublished word: it has no orders.
enum class pg : unsigned { locked, lru, mlocked, count };

void mark(rmap::flags::unpublished_flags<pg>& w) {
    w.set<pg::lru, rmap::order::release>();
}
