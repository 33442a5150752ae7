// SPDX-License-Identifier: BSL-1.0
#pragma once

// The adaptors to the standard library, all of them; rmap.hpp does not include them. Needs a hosted
// implementation.

#include <rmap/hosted/pmr_memory.hpp>
#include <rmap/hosted/std_atomics.hpp>
#include <rmap/hosted/std_locks.hpp>
