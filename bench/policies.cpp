// SPDX-License-Identifier: BSL-1.0

// The comparison of policies: contestants take turns at the same work. What each took is told
// beside chain_tree's, whose structure is Linux's.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "contestants.hpp"
#include "measure.hpp"
#include "pinned.hpp"
#include "registry.hpp"

namespace rmap_bench {

namespace {

// The reference is the first.
const contestant* const contestants[] = {
    &chain_tree_contestant, &cow_tree_contestant,    &late_cow_tree_contestant,
    &chain_list_contestant, &single_list_contestant, &pte_chain_contestant,
    &page_map_contestant,   &range_map_contestant,
#ifdef RMAP_BENCH_PEER
    &outside_contestant,
#endif
};
constexpr std::size_t number = std::size(contestants);

bool begins(const std::string& name, const char* with) {
    return name.rfind(with, 0) == 0;
}

// What all runs of a contestant measured.
using samples = std::map<std::string, std::vector<double>>;

class comparison {
public:
    explicit comparison(report& to) : to_{to} {}

    void job_named(const std::string& name, const job& what, unsigned rounds = 5) {
        contest(name, rounds, [&](const contestant& who, outcome& out) {
            out = who.run(what);
            return true;
        });
    }
    bool trace_named(const std::string& name, const std::string& path) {
        return contest(name, 5, [&](const contestant& who, outcome& out) {
            return who.replay == nullptr || who.replay(path, out);
        });
    }

private:
    // Contestants take turns, another one first in each round.
    template <class Run>
    bool contest(const std::string& name, unsigned rounds, Run run) {
        if (!to_.wants(name)) return true;
        samples all[number];
        std::uint64_t expected = 0;
        if (to_.quick()) rounds = 1;
        for (unsigned i = 0; i != rounds; ++i) {
            for (std::size_t j = 0; j != number; ++j) {
                const std::size_t who = (i + j) % number;
                to_.progress("policies/" + name + ", round " + std::to_string(i + 1) + " of " +
                             std::to_string(rounds) + ", " + contestants[who]->name);
                outcome o;
                if (!run(*contestants[who], o)) return false;
                if (o.measured.empty()) continue;  // no such thing for this contestant
                if (expected == 0) expected = o.checksum;
                if (o.checksum != expected) {
                    std::fprintf(stderr, "rmap-bench: policies/%s: %s found something else\n",
                                 name.c_str(), contestants[who]->name);
                    std::abort();
                }
                for (const auto& [metric, value] : o.measured)
                    all[who][metric].push_back(value);
            }
        }
        tell(name, all);
        return true;
    }

    void tell(const std::string& name, samples (&all)[number]) {
        for (const auto& [metric, values] : all[0]) {
            const double reference = median(values);
            for (std::size_t who = 0; who != number; ++who) {
                if (!all[who].contains(metric)) continue;
                to_.add(figure_of("policies/" + name + '/' + metric + '/' + contestants[who]->name,
                                  metric, all[who][metric], reference));
            }
        }
    }

    // `ratio` is how many times better than the reference.
    static figure figure_of(std::string name, const std::string& metric,
                            const std::vector<double>& values, double reference) {
        figure f;
        f.name = std::move(name);
        f.iterations = values.size();
        const double middle = median(values);
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        const double better = middle == 0 ? 0 : reference / middle;
        if (begins(metric, "per_second")) {
            f.items_per_second = middle * 1e6;
            f.counters = {{"ratio", reference == 0 ? 0 : middle / reference},
                          {"min", *least * 1e6},
                          {"max", *most * 1e6}};
        } else if (begins(metric, "bytes") || begins(metric, "visits") ||
                   begins(metric, "blocks")) {
            f.counters = {{metric.substr(0, metric.find('_')), middle}, {"ratio", better}};
        } else {
            f.real_ns = f.cpu_ns = middle;
            f.counters = {{"ratio", better}, {"min_ns", *least}, {"max_ns", *most}};
        }
        return f;
    }

    report& to_;
};

std::string number_of(const std::string& what, unsigned n) {
    return what + std::to_string(n);
}

// Every width at every depth, as far as the links of the kernel's structure leave memory and time.
void families_of_all_shapes(comparison& all, bool quick) {
    for (const unsigned depth : {1U, 2U, 4U, 16U, 64U}) {
        for (const unsigned width : {1U, 10U, 100U, 1000U, 10000U}) {
            if (width * depth > (quick ? 200U : 20000U)) continue;
            if (quick && depth != 1 && width != 1) continue;
            job j;
            j.width = width;
            j.depth = depth;
            j.slice_ns = quick ? 2e5 : width < 1000 ? 2e6 : 8e6;
            all.job_named(number_of("width_", width) + number_of("_depth_", depth), j);
        }
    }
}

void storms(comparison& all, bool quick) {
    const double slice = quick ? 2e5 : 5e6;
    const unsigned many = quick ? 64 : 1000;
    all.job_named("fresh_heap", {.width = many, .memory = heap::fresh, .slice_ns = slice});
    if (!quick) {
        all.job_named("dram", {.families = 100, .width = 400, .slice_ns = 2e7});
    }
    all.job_named("fork_storm", {.what = work::fork_storm, .width = many, .slice_ns = slice});
    all.job_named("first_faults",
                  {.what = work::first_faults, .width = many * 20, .slice_ns = slice});
    for (const unsigned depth : {0U, 3U}) {
        all.job_named(number_of("split_merge_depth_", depth + 1),
                      {.what = work::split_merge, .width = 64, .depth = depth, .slice_ns = slice});
    }
    all.job_named("move", {.what = work::move, .width = many / 2, .slice_ns = slice});
    for (const bool runs : {false, true}) {
        for (const unsigned width : {64U, 1024U, 8192U}) {
            if (quick && width > 64) break;
            all.job_named(number_of(runs ? "bounds_in_runs_" : "bounds_by_turns_", width),
                          {.what = work::bounds, .width = width, .runs = runs, .slice_ns = slice});
        }
    }
    for (const unsigned width : {10U, 100U, 1000U}) {
        if (quick && width > 10) break;
        all.job_named(number_of("server_", width),
                      {.what = work::server, .width = width, .slice_ns = slice});
    }
    all.job_named("locks", {.what = work::holds, .width = quick ? 10U : 100U});
    if (!quick) {
        all.job_named("locks_width_1000", {.what = work::holds, .width = 1000});
        all.job_named("locks_depth_16", {.what = work::holds, .width = 10, .depth = 16});
    }
}

void threads(comparison& all, bool quick) {
    const unsigned cpus = std::thread::hardware_concurrency();
    job j{.width = 100, .memory = heap::system, .slice_ns = quick ? 1e6 : 2e7};
    for (const unsigned n : {1U, 2U, cpus}) {
        if (n == cpus && n <= 2 && j.threads == 2) continue;  // was among the first two
        j.threads = n;
        j.what = work::threads_walk;
        all.job_named(number_of("walks_by_threads_", n), j);
        if (n == 1) continue;
        j.what = work::threads_one;
        all.job_named(number_of("one_family_threads_", n), j);
        j.what = work::threads_two;
        all.job_named(number_of("own_families_threads_", n), j);
    }
}

// Width, depth and threads together: walks by all threads, and one walker beside who forks and
// ends children of the same family.
void threads_by_shape(comparison& all, bool quick) {
    const unsigned cpus = std::thread::hardware_concurrency();
    std::vector<unsigned> counts{1, 2};
    if (cpus > 2) counts.push_back(cpus);
    for (const unsigned depth : {1U, 4U, 16U}) {
        for (const unsigned width : {1U, 10U, 1000U}) {
            if (width * depth > (quick ? 16U : 4000U)) continue;
            job j{.width = width,
                  .depth = depth,
                  .memory = heap::system,
                  .slice_ns = quick ? 5e5 : 1e7};
            const std::string shape =
                number_of("width_", width) + number_of("_depth_", depth) + "_threads_";
            for (const unsigned n : counts) {
                j.threads = n;
                j.what = work::threads_walk;
                all.job_named(number_of(shape + "walk_", n), j);
                if (n == 1) continue;
                j.what = work::threads_one;
                all.job_named(number_of(shape + "both_", n), j);
            }
        }
    }
}

}  // namespace

bool policies(report& to) {
    for (const contestant* c : contestants)
        to.say("  " + std::string{c->name} + ": " + c->what);
    comparison all{to};
    const bool quick = to.quick();
    {
        const pinned here;
        families_of_all_shapes(all, quick);
        storms(all, quick);
    }
    threads(all, quick);
    threads_by_shape(all, quick);
    const pinned here;
    const std::string traces = RMAP_TEST_TRACES "/";
    for (const char* name : {"fork-server-1000", "fork-chain-200", "redis-bgsave", "make-gcc"}) {
        if (quick && std::string{name} != "redis-bgsave") continue;
        const char* const end = std::string{name} == "make-gcc" ? ".trace" : ".trace.gz";
        if (!all.trace_named(std::string{"replay_"} + name, traces + name + end)) return false;
    }
    return true;
}

}  // namespace rmap_bench
