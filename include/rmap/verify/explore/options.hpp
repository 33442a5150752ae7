// SPDX-License-Identifier: BSL-1.0
#pragma once

// What is asked of an exploration, and what it answers.

#include <cstdint>
#include <string>
#include <string_view>

#include <rmap/verify/explore/failure.hpp>
#include <rmap/verify/explore/search_cached.hpp>

namespace rmap::inline RMAP_ABI::verify {

enum class search : std::uint8_t {
    exhaustive,   // with partial-order reduction; under weak memory, remembering what was seen
    cached,       // remembering what was seen: the cross-check of the above
    preemptions,  // complete up to a number of preemptions
    pct,          // sampled, with a probability
    random,       // sampled
    portfolio,    // preemptions 0, 1, 2, then pct, until the time is over
};

struct explore_options {
    search how = search::exhaustive;
    bool weak = false;               // the C++ memory model
    bool store_buffers = false;      // of it only what x86 does: stores that are seen late (TSO)
    bool plain_points = false;       // plain fields are interleaved instead of checked for races
    bool reuse_memory = false;       // freed memory is handed out again at once
    unsigned preemptions = 2;        // for search::preemptions
    unsigned stale =
        cached_search::unbounded;    // weak: how many choices may differ from the plain one
    unsigned depth = 3;              // for search::pct: ordering constraints that a bug needs
    std::uint64_t runs = 10000;      // for the sampled ones
    std::uint64_t seed = 1;
    std::uint64_t max_executions = 50'000'000;
    double seconds = 0;              // 0: no limit
    std::uint32_t max_steps = 20000; // of one execution; that is also the most
    bool minimise = true;            // look for the counterexample with the fewest preemptions
    std::string_view replay{};       // a token: run only that

    /// Whether loads may see what is not the newest.
    [[nodiscard]] bool has_stale_loads() const noexcept { return weak || store_buffers; }
};

struct explore_result {
    failure what{};
    std::uint64_t executions = 0;     // complete ones, all different where the search is exhaustive
    std::uint64_t pruned = 0;         // given up because all that could follow was known
    std::uint64_t first_failing = 0;  // the how-manieth execution failed; 0: none
    std::uint64_t steps = 0;
    double seconds = 0;
    bool complete = false;            // all that was asked for was searched
    std::string coverage{};           // what was covered, in words
    std::string token{};              // of the failing execution
    std::string text{};               // the counterexample in columns

    [[nodiscard]] bool failed() const noexcept { return static_cast<bool>(what); }
};

}  // namespace rmap::inline RMAP_ABI::verify
