// SPDX-License-Identifier: BSL-1.0
#pragma once

// The reference mm under one policy: random scripts beside the naive model, with the invariants
// checked all the way, and a failing allocation at each call. A program for each policy
// (tests/mm/topologies, tests/mm/disciplines), as what such a program costs is to compile.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "support/exhaustion.hpp"
#include "support/shrink.hpp"
#include "support/side_by_side.hpp"

namespace rmap_test {

/// What main() returns. A script that shows a difference is printed, as short as it can be.
template <class Policy>
[[nodiscard]] int play_scripts() {
    using policy = rmap::counted<Policy>;
    int failures = 0;
    for (std::uint32_t seed = 1; seed != 61; ++seed) {
        const auto script = script_maker{seed}.make(150);
        if (play<policy>(script, 10).empty()) continue;
        ++failures;
        const auto least =
            shrink(script, [](const auto& s) { return !play<policy>(s, 1).empty(); });
        std::printf("seed %u:\n%s", static_cast<unsigned>(seed), trace_of<policy>(least).c_str());
        break;
    }
    exhaustion<Policy> all;
    for (std::uint32_t seed = 1; seed != 11; ++seed)
        all.exhaust_script(seed, 150);
    failures += all.failures;
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace rmap_test
