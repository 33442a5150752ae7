// SPDX-License-Identifier: BSL-1.0
#pragma once

// Threads at work at once: walks beside walks, and walks beside forks and exits in the same family
// or in another. Rates are by CPU time of a thread, so that other programs count little.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "arena_family.hpp"

namespace rmap_bench {

/// Millions a second of each thread's CPU time: `walks` (places met) and `updates` (forks and exits
/// of a region).
template <peer P>
void run_threads(arena<P>& in, const job& what, outcome& out) {
    const bool walk_only = what.what == work::threads_walk;
    const bool one_family = what.what != work::threads_two;
    spans untimed;
    job own = what;
    own.families = 1;
    families<P> main{in, own};
    main.grow(untimed, untimed);
    main.copy_on_write();
    const auto shared = main.shared_pages();

    // In one family the forks are those of one parent, one at a time: one thread makes them.
    const unsigned updaters = walk_only ? 0 : one_family ? 1 : what.threads - 1;
    const unsigned walkers = what.threads - updaters;
    std::vector<std::unique_ptr<arena<P>>> sides;
    std::vector<std::unique_ptr<families<P>>> their;
    for (unsigned t = 0; t != updaters && !one_family; ++t) {
        sides.push_back(std::make_unique<arena<P>>(in.map));
        their.push_back(std::make_unique<families<P>>(*sides.back(), own));
        their.back()->grow(untimed, untimed);
        their.back()->copy_on_write();
    }

    std::atomic<bool> go{false};
    std::atomic<bool> stop{false};
    std::vector<double> walk_rates(what.threads);
    std::vector<double> update_rates(what.threads);
    const auto walker = [&](unsigned t) {
        while (!go.load(std::memory_order_acquire))
            std::this_thread::yield();
        std::uint64_t met = 0;
        const double from = cpu_ns();
        rmap::pgno sum = 0;
        for (std::size_t i = t; !stop.load(std::memory_order_relaxed); ++i) {
            met += in.map.walk(*shared[i % shared.size()],
                               [&](auto&, rmap::pgno at) noexcept { sum += at; });
        }
        keep(sum);
        walk_rates[t] = static_cast<double>(met) * 1e3 / (cpu_ns() - from);
    };
    const auto updater = [&](unsigned t) {
        while (!go.load(std::memory_order_acquire))
            std::this_thread::yield();
        families<P>& mine = one_family ? main : *their[t];
        std::uint64_t done = 0;
        spans forks;
        spans exits;
        const double from = cpu_ns();
        while (!stop.load(std::memory_order_relaxed)) {
            mine.churn(exits, forks);
            done += 2 * arena<P>::regions;
            if (done % 4096 == 0) forks = exits = {};
        }
        update_rates[t] = static_cast<double>(done) * 1e3 / (cpu_ns() - from);
    };
    {
        std::vector<std::jthread> all;
        for (unsigned t = 0; t != walkers; ++t)
            all.emplace_back(walker, t);
        for (unsigned t = 0; t != updaters; ++t)
            all.emplace_back(updater, t);
        go.store(true, std::memory_order_release);
        std::this_thread::sleep_for(
            std::chrono::nanoseconds{static_cast<std::int64_t>(what.slice_ns * 2)});
        stop.store(true, std::memory_order_relaxed);
    }
    const auto mean = [](const std::vector<double>& of, unsigned n) {
        double sum = 0;
        for (unsigned t = 0; t != n; ++t)
            sum += of[t];
        return n == 0 ? 0 : sum / n;
    };
    out.measured["per_second_walks"] = mean(walk_rates, walkers);
    if (updaters != 0) out.measured["per_second_updates"] = mean(update_rates, updaters);
    in.checked_walks(shared, 0, 1);
    for (auto& f : their)
        f->end(untimed);
    main.end(untimed);
}

}  // namespace rmap_bench
