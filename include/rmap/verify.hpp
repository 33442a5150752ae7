// SPDX-License-Identifier: BSL-1.0
#pragma once

// Umbrella of what tests and users plug in: checks of the invariants, of the reference mm's LRU
// lists and of the lock order, dumps, and memory that fails. Needs a hosted implementation. Checks
// of invariants and dumps look at a world (verify/world.hpp) that stands still.

#include <rmap/verify/check_lru.hpp>
#include <rmap/verify/describe.hpp>
#include <rmap/verify/dump.hpp>
#include <rmap/verify/failing_memory.hpp>
#include <rmap/verify/invariants.hpp>
#include <rmap/verify/lockdep.hpp>
