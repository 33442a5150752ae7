// expect: rmap: flags are numbers of bits: the enum needs an unsigned underlying type
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/page_flags.hpp>

enum class pg { locked, lru, count };

rmap::flags::page_flags<pg> w;
