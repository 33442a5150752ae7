// expect: rmap: flags are an .enum class.
// SPDX-License-Identifier: BSL-1.0

#include <rmap/flags/page_flags.hpp>

enum pg : unsigned { locked, lru, count };

rmap::flags::page_flags<pg> w;
