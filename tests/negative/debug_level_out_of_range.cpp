// expect: rmap: RMAP_DEBUG_LEVEL must be 0, 1, 2 or 3
// SPDX-License-Identifier: BSL-1.0

#define RMAP_DEBUG_LEVEL 4
#include <rmap/core/config.hpp>
