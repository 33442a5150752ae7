// expect: rmap: flags need a last enumerator .count.
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/page_flags.hpp>

enum class pg : unsigned { locked, lru };

rmap::flags::page_flags<pg> w;
