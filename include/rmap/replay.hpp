// SPDX-License-Identifier: BSL-1.0
#pragma once

// Umbrella of the replay room: traces read, replayed on the reference mm, compared with what the
// kernel reported. docs/trace-format.md describes a trace; rmap-replay is the program over it.

#include <rmap/replay/json.hpp>
#include <rmap/replay/reader.hpp>
#include <rmap/replay/run.hpp>
#include <rmap/replay/slab.hpp>
#include <rmap/replay/table.hpp>
