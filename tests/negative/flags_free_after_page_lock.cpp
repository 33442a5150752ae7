// expect: deleted
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/handshake.hpp>

// The guard is gone when the page is freed.
enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;
using handshake = rmap::flags::one_word<word, pg::mlocked, pg::lru>;

bool free_page(word& w) {
    auto cleared = handshake::munlock_to_free(w, rmap::write_guard{w});
    return cleared.isolate();
}
