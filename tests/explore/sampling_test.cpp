// SPDX-License-Identifier: BSL-1.0

// Sampled searches: the same for the same seed, different for others, and truthful about what they
// covered. PCT meets bugs as often as it promises.

#include <set>
#include <string>

#include "support/explored.hpp"

namespace {

using namespace rmap_test;
using enum order;
using word = model::atomic<unsigned>;

tally count;

/// Writes down which thread took each step.
template <class Each>
auto story(Each each) {
    return [=](verify::test& t) {
        word n;
        std::string order_of_threads;
        for (char who : {'a', 'b', 'c'}) {
            t.thread("t", [&, who] {
                for (int i = 0; i != 3; ++i) {
                    n.fetch_add(1, relaxed);
                    order_of_threads += who;
                }
            });
        }
        t.run();
        each(order_of_threads);
    };
}

std::string told(search how, std::uint64_t seed, std::uint64_t runs, bool weak) {
    explore_options with;
    with.how = how;
    with.seed = seed;
    with.runs = runs;
    with.weak = weak;
    std::string all;
    const auto r = explore("story", with, story([&](const std::string& s) { all += s + "\n"; }));
    count.equal(r.executions, runs, "runs");
    count.that(r.coverage.find("SAMPLED " + std::to_string(runs)) == 0, r.coverage);
    return all;
}

void seeds() {
    for (search how : {search::random, search::pct}) {
        for (const bool weak : {false, true}) {
            const std::string one = told(how, 1, 50, weak);
            count.that(one == told(how, 1, 50, weak), "the same seed");
            count.that(one != told(how, 2, 50, weak), "another seed");
        }
    }
}

/// Random executions reach everything there is, before long.
void reach() {
    std::set<std::string> seen;
    explore_options with;
    with.how = search::random;
    with.runs = 80000;
    const auto r = explore("story", with, story([&](const std::string& s) { seen.insert(s); }));
    count.that(r.complete && !r.failed(), r.coverage);
    count.equal(seen.size(), 1680, "interleavings of three times three");
}

/// A bug of depth 2: an order of two steps, among many others.
void pct_finds() {
    const auto scenario = [](verify::test& t) {
        word ready, data, noise;
        t.thread("a", [&] {
            for (int i = 0; i != 6; ++i)
                noise.fetch_add(1, relaxed);
            ready.store(1, relaxed);
            data.store(1, relaxed);
        });
        t.thread("b", [&] {
            for (int i = 0; i != 6; ++i)
                noise.fetch_add(1, relaxed);
            if (ready.load(relaxed) == 1) require(data.load(relaxed) == 1, "too early");
        });
        t.run();
    };
    unsigned found = 0;
#ifdef RMAP_FIBER_TSAN
    constexpr unsigned seeds = 20;
#else
    constexpr unsigned seeds = 200;
#endif
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        explore_options with;
        with.how = search::pct;
        with.depth = 2;
        with.seed = seed;
        with.runs = 100;
        with.minimise = false;
        const auto r = explore("too early", with, scenario);
        if (!r.failed()) continue;
        count.found(r, failure_kind::assertion, "too early");
        ++found;
        with.replay = r.token;
        count.found(explore("too early", with, scenario), failure_kind::assertion, "replayed");
    }
    // 2 threads, 16 steps: each run finds it with 1/32 or more, so 100 runs with 95 %.
    count.that(found >= seeds * 9 / 10, "PCT found " + std::to_string(found));
}

void portfolio() {
    explore_options with;
    with.how = search::portfolio;
    with.runs = 100;
    const auto r = explore("story", with, story([](const std::string&) {}));
    count.that(!r.failed() && r.coverage.find("complete up to 2 preemptions") == 0 &&
                   r.coverage.find("; then SAMPLED") != std::string::npos,
               r.coverage);
    with.seconds = 1e-9;
    const auto late = explore("story", with, story([](const std::string&) {}));
    count.that(!late.complete && late.coverage.find("NOT COMPLETE") == 0, late.coverage);
}

}  // namespace

int main() {
    seeds();
#ifndef RMAP_FIBER_TSAN  // which takes long over a change of fibers
    reach();
#endif
    pct_finds();
    portfolio();
    return count.exit_code();
}
