// SPDX-License-Identifier: BSL-1.0

// The schedule explorer: executions and steps a second on small scenarios, by each search.

#include <cstdint>
#include <string>
#include <utility>

#include <rmap/verify/explore.hpp>

#include "measure.hpp"

namespace rmap_bench {

namespace {

namespace verify = rmap::verify;
using rmap::order;
using verify::model;
using verify::model_lock;
using verify::search;

/// Four threads that add to one counter, twice each: 8 steps, 2,520 executions.
void counters(verify::test& t) {
    model::atomic<unsigned> n;
    for (int i = 0; i != 4; ++i) {
        t.thread("t", [&] {
            n.fetch_add(1, order::relaxed);
            n.fetch_add(1, order::relaxed);
        });
    }
    t.run();
}

/// Three threads of three steps of their own and a shared one: 12 steps, 6 executions.
void private_steps(verify::test& t) {
    model::atomic<unsigned> own[3];
    model::atomic<unsigned> shared;
    for (auto& mine : own) {
        t.thread("t", [&] {
            for (int i = 0; i != 3; ++i)
                mine.fetch_add(1, order::relaxed);
            shared.fetch_add(1, order::relaxed);
        });
    }
    t.run();
}

/// Three threads that count twice under a lock: 12 steps, 90 executions.
void locked(verify::test& t) {
    model_lock l;
    model::plain<int> n{0};
    for (int i = 0; i != 3; ++i) {
        t.thread("t", [&] {
            for (int k = 0; k != 2; ++k) {
                l.lock();
                n = n + 1;
                l.unlock();
            }
        });
    }
    t.run();
}

/// Store buffering with fences: 6 steps, 3 executions.
void fences(verify::test& t) {
    model::atomic<unsigned> x, y;
    t.thread("a", [&] {
        x.store(1, order::relaxed);
        model::fence(order::seq_cst);
        static_cast<void>(y.load(order::relaxed));
    });
    t.thread("b", [&] {
        y.store(1, order::relaxed);
        model::fence(order::seq_cst);
        static_cast<void>(x.load(order::relaxed));
    });
    t.run();
}

/// Runs the scenario under one strategy, again from the start where it is at its end: an engine is
/// made for each exploration.
void measure_search(report& to, const char* name, void (*scenario)(verify::test&), bool weak,
                    search how) {
    const std::uint64_t executions = to.quick() ? 200 : 200000;
    std::uint64_t steps = 0;
    figure f = measure(to, std::string{"explore/"} + name, executions, [&] {
        steps = 0;
        duration sum;
        for (std::uint64_t left = executions; left != 0;) {
            verify::explore_options with;
            with.weak = weak;
            with.how = how;
            with.runs = left;
            with.max_executions = left;
            const stopwatch watch;
            const auto r = verify::explore("bench", with, scenario);
            const duration took = watch.elapsed();
            sum.real_ns += took.real_ns;
            sum.cpu_ns += took.cpu_ns;
            steps += r.steps;
            const std::uint64_t done = r.executions + r.pruned;
            left -= done < left ? done : left;
        }
        return sum;
    });
    f.items_per_second = f.cpu_ns > 0 ? 1e9 / f.cpu_ns : 0;
    f.counters.emplace_back("steps_per_execution",
                            static_cast<double>(steps) / static_cast<double>(executions));
    f.counters.emplace_back("steps_per_second", f.items_per_second * static_cast<double>(steps) /
                                                    static_cast<double>(executions));
    to.add(std::move(f));
}

}  // namespace

bool explore(report& to) {
    measure_search(to, "counters/reduced", counters, false, search::exhaustive);
    measure_search(to, "counters/remembered", counters, false, search::cached);
    measure_search(to, "counters/random", counters, false, search::random);
    measure_search(to, "locked/reduced", locked, false, search::exhaustive);
    measure_search(to, "locked/preemptions", locked, false, search::preemptions);
    measure_search(to, "locked/pct", locked, false, search::pct);
    measure_search(to, "private/reduced", private_steps, false, search::exhaustive);
    measure_search(to, "fences/weak", fences, true, search::exhaustive);
    measure_search(to, "locked/weak", locked, true, search::exhaustive);
    measure_search(to, "counters/weak", counters, true, search::exhaustive);
    measure_search(to, "private/weak", private_steps, true, search::exhaustive);
    return true;
}

}  // namespace rmap_bench
