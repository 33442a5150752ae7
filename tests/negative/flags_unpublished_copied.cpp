// expect: deleted
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/page_flags.hpp>

// Two copies would be two owners.
enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;

void share(word& w, rmap::flags::unpublished_flags<pg>& fresh) {
    auto copy = fresh;
    w.publish(static_cast<word::unpublished&&>(copy));
}
