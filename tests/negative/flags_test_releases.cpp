// expect: rmap: test reads: relaxed, acquire or seq_cst
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/page_flags.hpp>

enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;

bool look(const word& w) {
    return w.test<pg::lru, rmap::order::release>();
}
