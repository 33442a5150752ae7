// SPDX-License-Identifier: BSL-1.0
#pragma once

// All of rmap that is freestanding. hosted.hpp adds adaptors of the standard library, mm.hpp the
// reference memory manager, verify.hpp what tests plug in, replay.hpp the trace player.

#include <rmap/flags/handshake.hpp>
#include <rmap/policy.hpp>
#include <rmap/reverse_map.hpp>
