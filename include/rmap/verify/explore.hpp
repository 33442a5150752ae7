// SPDX-License-Identifier: BSL-1.0
#pragma once

// The schedule explorer. A scenario is run again and again, each time with another schedule, until
// all that can happen has happened, or something goes wrong:
//
//     auto r = explore("two counters", {}, [](test& t) {
//         model::atomic<int> n;
//         t.thread("a", [&] { n.store(n.load(order::relaxed) + 1, order::relaxed); });
//         t.thread("b", [&] { n.store(n.load(order::relaxed) + 1, order::relaxed); });
//         t.run();
//         require(n.load(order::relaxed) == 2, "an increment was lost");
//     });                                             // r.text says how, r.token replays it
//
// "Exhaustive" is meant of this scenario: every execution of it, up to the order of independent
// steps, under sequential consistency, or (weak) under the C++ memory model without load buffering.
// It is a proof about the scenario, not about the code in general. A scenario MUST do the same each
// time: no clock, no random numbers, no addresses in decisions. A failing execution is abandoned
// where it stands, without destructors.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rmap/verify/explore/engine.hpp>
#include <rmap/verify/explore/model.hpp>
#include <rmap/verify/explore/model_lock.hpp>
#include <rmap/verify/explore/model_memory.hpp>
#include <rmap/verify/explore/model_plain.hpp>
#include <rmap/verify/explore/print.hpp>
#include <rmap/verify/explore/search_cached.hpp>
#include <rmap/verify/explore/search_dpor.hpp>
#include <rmap/verify/explore/search_random.hpp>
#include <rmap/verify/explore/search_replay.hpp>
#include <rmap/verify/explore/test.hpp>
#include <rmap/verify/explore/token.hpp>

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
    std::uint32_t max_steps = 20000; // of one execution
    bool minimise = true;            // look for the counterexample with the fewest preemptions
    std::string_view replay{};       // a token: run only that
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

namespace detail {

struct limits {
    std::uint64_t executions;
    std::chrono::steady_clock::time_point until;
    bool timed;

    [[nodiscard]] bool reached(std::uint64_t done) const {
        if (done >= executions) return true;
        return timed && done % 64 == 0 && std::chrono::steady_clock::now() >= until;
    }
};

[[nodiscard]] inline schedule schedule_of(std::string_view name, const engine& e) {
    schedule s;
    s.name = name_hash(name);
    s.operations = operations_hash(e.trace());
    for (const step& st : e.trace()) s.threads.push_back(st.thread);
    s.values = e.values();
    return s;
}

/// Runs executions until the strategy has no more, one fails, or a limit is reached.
template <class Run>
bool search_with(engine& e, strategy& by, Run& run, const limits& most, explore_result& r) {
    for (std::uint64_t done = 0;;) {
        const bool ok = e.execute(run);
        ++done;
        if (!e.pruned() && (!ok || by.is_new(e))) {
            ++r.executions;
        } else {
            ++r.pruned;
        }
        if (!ok) {
            r.what = e.failed();
            r.first_failing = r.executions + r.pruned;
            return false;
        }
        if (!by.next()) return true;
        if (most.reached(done)) return false;
    }
}

}  // namespace detail

template <class Scenario>
explore_result explore(std::string_view name, const explore_options& with, Scenario&& scenario);

}  // namespace rmap::inline RMAP_ABI::verify

#include <rmap/verify/explore/drive.hpp>
