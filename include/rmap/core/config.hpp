// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the preprocessor decides, all of it, and every RMAP_ macro that is not a named check.
//
//   RMAP_DEBUG_LEVEL   0  no checks beyond those that an operation cannot do without
//                      1  (default) cheap checks: linked twice, destroyed while linked, counts
//                      2  also: the lock that a function's caller must hold is held
//                      3  also: the chains are validated after every change
//
// The level is part of the inline namespace: translation units built with different levels have
// different types, so mixing them fails at link time instead of at run time.

#include <rmap/core/version.hpp>

#ifndef RMAP_DEBUG_LEVEL
#define RMAP_DEBUG_LEVEL 1
#endif

#if RMAP_DEBUG_LEVEL == 0
#define RMAP_ABI v0_debug0
#elif RMAP_DEBUG_LEVEL == 1
#define RMAP_ABI v0
#elif RMAP_DEBUG_LEVEL == 2
#define RMAP_ABI v0_debug2
#elif RMAP_DEBUG_LEVEL == 3
#define RMAP_ABI v0_debug3
#else
#error "rmap: RMAP_DEBUG_LEVEL must be 0, 1, 2 or 3"
#endif

#if __STDC_HOSTED__
#define RMAP_HOSTED 1
#else
#define RMAP_HOSTED 0
#endif
