// SPDX-License-Identifier: BSL-1.0
#pragma once

// The contestants of rmap-bench topologies. To add one from outside, define a policy with its
// topology and add a line to the tables in topologies.cpp and topologies_threads.cpp.

#include <cstdint>

#include "contest.hpp"

namespace rmap_bench {

struct outcome {
    results measured{};
    std::uint64_t checksum = 0;  // of what the walks found: must be equal for all
};

enum class work { wide, deep, pieces, many_pieces, first_faults, alone, two_threads };

/// Does a piece of work, whose size the numbers say.
using contestant_run = outcome (*)(work, unsigned, unsigned, unsigned);
struct contestant {
    const char* name;
    contestant_run run;
};

/// With two threads, in a file of its own: there the compiler does not put a visitor into the loop
/// of the walk, which one thread's figures are to show.
outcome chain_tree_in_two_threads(unsigned width, unsigned milliseconds);
outcome cow_tree_in_two_threads(unsigned width, unsigned milliseconds);
outcome glancing_cow_tree_in_two_threads(unsigned width, unsigned milliseconds);
outcome late_cow_tree_in_two_threads(unsigned width, unsigned milliseconds);

}  // namespace rmap_bench
