// SPDX-License-Identifier: BSL-1.0
#pragma once

// The replay of a recorded program as a job of a contestant of the library: its events, timed, and
// what its walks visit at the snapshots, which are not timed.

#include <cstdio>
#include <string>

#include <rmap/replay/run.hpp>
#include <rmap/replay/slab.hpp>

#include "../contestants.hpp"

namespace rmap_bench {

template <class Policy>
bool replay_trace(const std::string& path, outcome& out) {
    namespace replay = rmap::replay;
    replay::input in;
    if (!in.open(path.c_str())) {
        std::fprintf(stderr, "rmap-bench: %s: %s\n", path.c_str(), in.error().c_str());
        return false;
    }
    const auto seen =
        replay::run_trace<replay::pooled<Policy>>(in, {}, [](std::uint64_t, std::uint64_t) {});
    if (seen.wrong || seen.numbers.differences != 0) {
        const std::string why = seen.wrong ? seen.wrong->text() : "differs from the kernel";
        std::fprintf(stderr, "rmap-bench: %s: %s\n", path.c_str(), why.c_str());
        return false;
    }
    const auto& n = seen.numbers;
    out.measured["event"] = n.seconds * 1e9 / static_cast<double>(n.events);
    out.measured["bytes_at_most"] = static_cast<double>(n.bytes);
    out.measured["visits_a_place"] =
        n.places == 0 ? 0 : static_cast<double>(n.visited) / static_cast<double>(n.places);
    out.checksum = n.places;
    return true;
}

}  // namespace rmap_bench
