// SPDX-License-Identifier: BSL-1.0
#pragma once

// One contestant does one job, in a map and a heap of its own. A file in bench/peers makes it a
// contestant.

#include <string>

#include <rmap/replay/input.hpp>

#include "arena_bounds.hpp"
#include "arena_family.hpp"
#include "arena_storms.hpp"
#include "arena_threads.hpp"
#include "contestants.hpp"

namespace rmap_bench {

template <class P>
concept has_timed_locks = requires {
    typename P::timed_peer;
};

template <peer P>
void run_job(const job& what, outcome& out) {
    P map;
    {
        arena<P> in{map};
        switch (what.what) {
            case work::family: run_family(in, what, out); break;
            case work::fork_storm: run_fork_storm(in, what, out); break;
            case work::first_faults: run_first_faults(in, what, out); break;
            case work::split_merge: run_split_merge(in, what, out); break;
            case work::move: run_move(in, what, out); break;
            case work::bounds: run_bounds(in, what, out); break;
            case work::server: run_server(in, what, out); break;
            case work::threads_walk:
            case work::threads_one:
            case work::threads_two: run_threads(in, what, out); break;
            case work::holds: run_holds(in, what, out); break;
        }
        out.checksum = in.checksum;
    }
    map.trim();
}

template <peer P>
outcome run_peer(const job& what) {
    bench_heap::begin_anew(what.memory);
    outcome out;
    if (what.what != work::holds) {
        run_job<P>(what, out);
    } else if constexpr (has_timed_locks<P>) {
        run_job<typename P::timed_peer>(what, out);
    }
    return out;
}

}  // namespace rmap_bench
