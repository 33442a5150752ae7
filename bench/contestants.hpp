// SPDX-License-Identifier: BSL-1.0
#pragma once

// Who takes part in `rmap-bench policies`. Each is compiled in a file of its own in bench/peers, as
// each makes the whole arena anew.

#include <cstdint>
#include <map>
#include <string>

#include "bench_heap.hpp"

namespace rmap_bench {

enum class work : std::uint8_t {
    family,        // forks, exits, walks of families `width` wide below chains `depth` long
    fork_storm,    // every process forks, until there are `width`; then all end
    first_faults,  // `width` regions get their first page, in groups of four that touch
    split_merge,   // `width` regions cut and joined at random, by the youngest of `depth` + 1
    move,          // `width` processes move their regions to and fro
    bounds,        // `width` children of which each keeps one page of each region
    server,        // `width` workers that serve requests, and go, as apache's do
    threads_walk,  // `threads` walk pages of one family
    threads_one,   // one walks a family, the others fork and end children of it
    threads_two,   // one walks a family, the others fork and end children of families of their own
    holds          // how long locks are held
};

/// One piece of work, the same for all contestants.
struct job {
    work what = work::family;
    unsigned families = 1;
    unsigned width = 1;
    unsigned depth = 1;
    unsigned threads = 1;
    heap memory = heap::aged;
    bool runs = false;      // of `bounds`: children side by side keep the same page
    double slice_ns = 1e6;  // how long what has no natural end is repeated
};

/// What one run of a job measured, by name: ns unless the name begins with `bytes`, `visits`,
/// `blocks` (allocations) or `per_second` (millions).
struct outcome {
    std::map<std::string, double> measured{};
    std::uint64_t checksum = 0;  // of what checked walks found
};

struct contestant {
    const char* name;
    const char* what;
    outcome (*run)(const job&);
    // Replays the events of a trace, without its snapshots; null where nothing can: a trace asks
    // for the library's rules. The path is one of a file.
    bool (*replay)(const std::string& path, outcome& out);
};

extern const contestant chain_tree_contestant;
extern const contestant chain_list_contestant;
extern const contestant single_list_contestant;
extern const contestant pte_chain_contestant;
extern const contestant cow_tree_contestant;
extern const contestant late_cow_tree_contestant;
extern const contestant page_map_contestant;
extern const contestant range_map_contestant;
#ifdef RMAP_BENCH_PEER
extern const contestant outside_contestant;
#endif

}  // namespace rmap_bench
