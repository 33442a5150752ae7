// expect: rmap: an explicit mlock, and a munlock before the page is freed, exclude
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/handshake.hpp>
#include <rmap/locks/spin.hpp>

enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;
using handshake = rmap::flags::one_word<word, pg::mlocked, pg::lru>;

void mlock(word& w, rmap::locks::spin& lru_lock) {
    const rmap::write_guard held{lru_lock};
    handshake::mlock(w, held);
}
