// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the engine is told of an exploration: the part of explore_options that is not about which
// executions are tried.

#include <cstdint>

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI::verify {

struct engine_options {
    bool weak = false;           // the C++ memory model instead of interleavings
    bool store_buffers = false;  // with weak: of it what x86 does
    bool plain_points = false;   // plain fields are interleaved instead of checked for races
    bool reuse_memory = false;   // freed memory is handed out again at once, instead of never
    std::uint32_t max_steps = 20000;
};

}  // namespace rmap::inline RMAP_ABI::verify
