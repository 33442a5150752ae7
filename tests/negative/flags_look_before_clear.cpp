// expect: private
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/handshake.hpp>

// To look at L first is to have no cleared M to look with.
enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;
using handshake = rmap::flags::one_word<word, pg::mlocked, pg::lru>;

bool strand(word& w) {
    const handshake::cleared look{w, false, {}};
    return look.on_lru();
}
