// expect: rmap: a flag is read in the size of its word
// SPDX-License-Identifier: BSL-1.0

#include <cstdint>

#include <rmap/flags/page_flags.hpp>

enum class pg : unsigned { locked, lru, mlocked, count };
using word = rmap::flags::page_flags<pg>;

bool look(const word& w) {
    return w.test<pg::lru, rmap::order::relaxed, std::uint8_t>();
}
