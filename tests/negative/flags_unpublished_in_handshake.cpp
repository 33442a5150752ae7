// expect: rmap: a handshake is between threads: unpublished flags are plain memory
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/handshake.hpp>

enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::unpublished_flags<pg>;
using handshake = rmap::flags::one_word<word, pg::mlocked, pg::lru>;

bool look(word& w) {
    return handshake::isolate(w);
}
