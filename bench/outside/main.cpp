// SPDX-License-Identifier: BSL-1.0

// A contestant from outside takes part in every kind of work, and finds what page_map finds.

#include <cstdio>
#include <string>

#include "../contestants.hpp"

namespace {

using namespace rmap_bench;

int failures = 0;

void try_job(const char* name, const job& what) {
    const outcome expected = page_map_contestant.run(what);
    const outcome got = outside_contestant.run(what);
    if (got.checksum == expected.checksum && (expected.measured.empty() || !got.measured.empty()))
        return;
    std::printf("%s: %s found something else than page_map\n", name, outside_contestant.name);
    ++failures;
}

}  // namespace

int main() {
    if (std::string{outside_contestant.name} != "one_vector") ++failures;
    const double slice = 1e5;
    for (const heap memory : {heap::aged, heap::fresh, heap::system}) {
        try_job("family",
                {.families = 2, .width = 9, .depth = 3, .memory = memory, .slice_ns = slice});
    }
    try_job("fork_storm", {.what = work::fork_storm, .width = 13, .slice_ns = slice});
    try_job("first_faults", {.what = work::first_faults, .width = 50, .slice_ns = slice});
    try_job("split_merge", {.what = work::split_merge, .width = 8, .depth = 2, .slice_ns = slice});
    for (const bool runs : {false, true})
        try_job("bounds", {.what = work::bounds, .width = 17, .runs = runs, .slice_ns = slice});
    try_job("server", {.what = work::server, .width = 5, .slice_ns = slice});
    try_job("move", {.what = work::move, .width = 7, .slice_ns = slice});
    for (const work what : {work::threads_walk, work::threads_one, work::threads_two}) {
        try_job(
            "threads",
            {.what = what, .width = 9, .threads = 2, .memory = heap::system, .slice_ns = slice});
    }
    // It has no timed_peer: then nothing is said about locks.
    if (!outside_contestant.run({.what = work::holds, .width = 3}).measured.empty()) ++failures;
    std::printf("%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
