// expect: ignoring return(ed)? value
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/handshake.hpp>

#pragma GCC diagnostic error "-Wunused-result"

enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;
using handshake = rmap::flags::one_word<word, pg::mlocked, pg::lru>;

void forget(word& w) {
    handshake::munlock(w);
}
