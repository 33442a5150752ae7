// SPDX-License-Identifier: BSL-1.0
#pragma once

// Umbrella of what tests and users plug in: checks of the invariants, dumps, and memory that fails.
// Needs a hosted implementation; looks at a world (verify/world.hpp) that stands still.

#include <rmap/verify/describe.hpp>
#include <rmap/verify/dump.hpp>
#include <rmap/verify/failing_memory.hpp>
#include <rmap/verify/invariants.hpp>
