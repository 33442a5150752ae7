// expect: rmap: the word has no flag .locked.: name the guard of your page lock
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/handshake.hpp>
#include <rmap/locks/spin.hpp>

enum class pg : unsigned { lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;
using handshake = rmap::flags::one_word<word, pg::mlocked, pg::lru>;

void mlock(word& w, rmap::locks::spin& page_lock) {
    const rmap::write_guard held{page_lock};
    handshake::mlock(w, held);
}
