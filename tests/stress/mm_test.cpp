// SPDX-License-Identifier: BSL-1.0

// Threads run random operations of the reference mm on a family of address spaces with common
// files. Whenever they have stopped: every invariant, the laws of the LRU lists, every page's walk
// against the page tables, no marker, no page past the end of its file; in the end no memory is
// left. With locks that spin, with locks that sleep, and with memory that fails now and then (so
// what operations set aside must be enough).

#include <thread>

#include "support/mm_threads.hpp"

#include <cstdlib>

#include <rmap/hosted/std_atomics.hpp>
#include <rmap/hosted/std_locks.hpp>
#include <rmap/locks/rw_spin.hpp>
#include <rmap/policy.hpp>

namespace {

using rmap_test::counted_memory;
using rmap_test::dawdling;
using rmap_test::polite_atomics;
using rmap_test::run_threads;

struct spinning : rmap::default_policy {
    using lock = dawdling<rmap::locks::basic_rw_spin<polite_atomics>>;
    using allocator = counted_memory;
};
struct sleeping : rmap::default_policy {
    using atomics = rmap::hosted::std_atomics;
    using lock = dawdling<rmap::hosted::shared_mutex>;
    using allocator = counted_memory;
};

struct chains : spinning {
    using locking = rmap::locking::lock_all;
};
struct shards : spinning {
    using locking = rmap::locking::basic_sharded_root<4, 1>;
};

}  // namespace

/// With a number: another seed, for longer searches.
int main(int argc, char** argv) {
    const std::uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
    int bad = 0;
    bad += run_threads<spinning>("spinning", 4, 8, 3000, 0, seed);
    bad += run_threads<sleeping>("sleeping", 3, 8, 3000, 0, seed + 1);
    bad += run_threads<chains>("whole chains", 4, 8, 2000, 0, seed + 3);
    bad += run_threads<shards>("shards", 4, 8, 2000, 0, seed + 4);
    bad += run_threads<spinning>("failing memory", 3, 8, 1500, 61, seed + 2);
    return bad == 0 ? 0 : 1;
}
