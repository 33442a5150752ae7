// expect: rmap: flags must fit into their word
// SPDX-License-Identifier: BSL-1.0

#include <cstdint>

#include <rmap/flags/page_flags.hpp>

enum class pg : unsigned { a, b, c, d, e, f, g, h, i, count };

rmap::flags::page_flags<pg, rmap::atomics::builtin, std::uint8_t> w;
