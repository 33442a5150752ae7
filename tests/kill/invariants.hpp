// SPDX-License-Identifier: BSL-1.0
#pragma once

// The invariants of verify/invariants.hpp, broken one at a time, and what the check says then.

#include <vector>

namespace kill {

/// An invariant that was broken on purpose: what for, and which the check then names.
struct broken {
    int invariant;
    const char* by;
    std::vector<int> named;
};
[[nodiscard]] std::vector<broken> break_invariants();

}  // namespace kill
