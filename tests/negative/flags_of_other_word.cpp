// expect: rmap: the flag is not one of this word's enumeration
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/handshake.hpp>

enum class pg : unsigned { locked, lru, mlocked, count };
enum class other : unsigned { active, count };
using word = rmap::flags::page_flags<pg>;
using handshake = rmap::flags::one_word<word, pg::mlocked, other::active>;

bool look(word& w) {
    return handshake::isolate(w);
}
