// expect: rmap: flags must fit into their word
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/page_flags.hpp>

enum class pg : unsigned { locked = 1U << 4, lru = 1U << 5, count };

rmap::flags::page_flags<pg> w;
