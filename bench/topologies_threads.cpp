// SPDX-License-Identifier: BSL-1.0

// The contestants of rmap-bench topologies, in two threads.

#include <rmap/rmap.hpp>

#include "contest_threads.hpp"
#include "topologies.hpp"

namespace rmap_bench {

namespace {

struct chain_tree : rmap::default_policy {};
struct cow_tree : rmap::cow_tree {};
struct glancing_cow_tree : rmap::glancing_cow_tree {};
struct late_cow_tree : rmap::late_cow_tree {};

template <class Policy>
outcome run(unsigned width, unsigned milliseconds) {
    aged_heap::get().begin_anew();
    outcome out;
    contest<Policy> in;
    out.measured = in.two_threads(width, milliseconds);
    return out;
}

}  // namespace

outcome chain_tree_in_two_threads(unsigned width, unsigned milliseconds) {
    return run<chain_tree>(width, milliseconds);
}
outcome cow_tree_in_two_threads(unsigned width, unsigned milliseconds) {
    return run<cow_tree>(width, milliseconds);
}
outcome glancing_cow_tree_in_two_threads(unsigned width, unsigned milliseconds) {
    return run<glancing_cow_tree>(width, milliseconds);
}
outcome late_cow_tree_in_two_threads(unsigned width, unsigned milliseconds) {
    return run<late_cow_tree>(width, milliseconds);
}

}  // namespace rmap_bench
