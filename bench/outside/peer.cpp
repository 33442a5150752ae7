// SPDX-License-Identifier: BSL-1.0

// RMAP_BENCH_PEER is defined for the whole target: one_vector.hpp.

#include "../peers/outside.cpp"
