// expect: rmap: both words of a handshake are of one family of atomics
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/handshake.hpp>

enum class pg : unsigned { locked, lru, mlocked, count };
using shared = rmap::flags::page_flags<pg>;
using single = rmap::flags::page_flags<pg, rmap::atomics::single>;
using handshake = rmap::flags::split_word<shared, pg::mlocked, single, pg::lru>;

bool look(shared& m, single& l) {
    return handshake::isolate({m, l});
}
