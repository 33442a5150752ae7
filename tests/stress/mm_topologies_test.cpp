// SPDX-License-Identifier: BSL-1.0

// The same as mm_test.cpp under each other topology.

#include <thread>

#include "support/mm_threads.hpp"

#include <cstdlib>

#include <rmap/locks/rw_spin.hpp>
#include <rmap/policy.hpp>

namespace {

using rmap_test::counted_memory;
using rmap_test::dawdling;
using rmap_test::polite_atomics;
using rmap_test::run_threads;

struct spinning : rmap::default_policy {
    using atomics = polite_atomics;
    using lock = dawdling<rmap::locks::basic_rw_spin<polite_atomics>>;
    using allocator = counted_memory;
};
struct listed : spinning {
    using topology = rmap::topologies::chain_list;
    using locking = rmap::locking::lock_all;
};
struct one_list : spinning {
    using topology = rmap::topologies::single_list;
    using merge = rmap::merges::linux_2_6_7;
};
struct exact : spinning {
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::linux_2_6_7;
};
struct packed : spinning {
    using topology = rmap::topologies::cow_tree;
};
struct late : spinning {
    using topology = rmap::topologies::late_cow_tree;
};

}  // namespace

/// With a number: another seed, for longer searches.
int main(int argc, char** argv) {
    const std::uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
    int bad = 0;
    bad += run_threads<listed>("chain_list", 4, 6, 2000, 0, seed);
    bad += run_threads<one_list>("single_list", 4, 6, 2000, 0, seed + 1);
    bad += run_threads<exact>("pte_chain", 4, 8, 3000, 0, seed + 2);
    bad += run_threads<exact>("pte_chain, failing memory", 3, 8, 1500, 61, seed + 3);
    bad += run_threads<packed>("cow_tree", 4, 8, 3000, 0, seed + 4);
    bad += run_threads<packed>("cow_tree, failing memory", 3, 8, 1500, 61, seed + 5);
    bad += run_threads<late>("late_cow_tree", 4, 6, 2000, 0, seed + 6);
    bad += run_threads<late>("late_cow_tree, failing memory", 3, 6, 1500, 61, seed + 7);
    return bad == 0 ? 0 : 1;
}
