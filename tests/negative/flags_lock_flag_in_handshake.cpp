// expect: rmap: the flag `locked` is the word's lock
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/handshake.hpp>

enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;
using handshake = rmap::flags::one_word<word, pg::locked, pg::lru>;

bool unlock(word& w) {
    return handshake::munlock(w).on_lru();
}
