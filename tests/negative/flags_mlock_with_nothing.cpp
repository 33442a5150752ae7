// expect: no matching function|too few arguments
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/handshake.hpp>

enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;
using handshake = rmap::flags::one_word<word, pg::mlocked, pg::lru>;

void mlock(word& w) {
    handshake::mlock(w);
}
