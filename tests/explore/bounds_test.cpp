// SPDX-License-Identifier: BSL-1.0

// Searches with a bound: complete up to it, silent beyond it, and truthful about which; limits on
// executions, time and steps; counterexamples with the fewest preemptions.

#include <string>

#include "support/explored.hpp"

namespace {

using namespace rmap_test;
using enum order;
using word = model::atomic<unsigned>;

tally count;

explore_options bounded(unsigned preemptions) {
    explore_options with;
    with.how = search::preemptions;
    with.preemptions = preemptions;
    return with;
}

/// Fails only if thread a is left exactly `needed` times in the middle: b waits for a's steps in
/// turn, without blocking.
auto ladder(unsigned needed) {
    return [=](verify::test& t) {
        word step, answer;
        t.thread("a", [&] {
            bool met = true;
            for (unsigned i = 1; i <= needed; ++i) {
                step.store(i, relaxed);
                met = answer.load(relaxed) == i && met;
            }
            require(!met, "b was there each time");
        });
        t.thread("b", [&] {
            for (unsigned i = 1; i <= needed; ++i) {
                if (step.load(relaxed) == i) answer.store(i, relaxed);
            }
        });
        t.run();
    };
}

/// Leaving a is a preemption; coming back from b, which can go on, is one more but the last time.
unsigned preemptions_of(unsigned needed) {
    return 2 * needed - 1;
}

void preemptions() {
    for (unsigned needed = 1; needed != 3; ++needed) {
        const unsigned least = preemptions_of(needed);
        const std::string name = "ladder of " + std::to_string(needed);
        for (unsigned c = 0; c != least + 2; ++c) {
            const auto r = explore(name, bounded(c), ladder(needed));
            const std::string with = name + " with " + std::to_string(c);
            if (c < least) {
                count.clean(r, with);
                count.that(r.coverage.find("complete up to " + std::to_string(c)) == 0,
                           with + ": " + r.coverage);
            } else {
                count.found(r, failure_kind::assertion, with);
            }
        }
        count.found(explore(name, {}, ladder(needed)), failure_kind::assertion, name);
    }
}

/// The number of executions grows with the bound, up to all of them.
void growth() {
    const auto scenario = [](verify::test& t) {
        word n;
        for (int i = 0; i != 3; ++i) {
            t.thread("t", [&] {
                n.fetch_add(1, relaxed);
                n.fetch_add(1, relaxed);
            });
        }
        t.run();
    };
    std::uint64_t before = 0;
    for (unsigned c = 0; c != 5; ++c) {
        const auto r = explore("increments", bounded(c), scenario);
        count.clean(r, "increments");
        count.that(r.executions > before || before == 90,
                   "more with each: " + std::to_string(r.executions));
        before = r.executions;
        if (c == 0) count.equal(r.executions, 6, "without preemption: orders of threads");
    }
    count.equal(before, 90, "with enough: all");
    const auto all = explore("increments", {}, scenario);
    count.that(all.coverage == "EXHAUSTIVE 90 executions", all.coverage);
}

void limits() {
    const auto scenario = ladder(3);
    explore_options with;
    with.max_executions = 3;
    auto r = explore("ladder of 3", with, scenario);
    count.that(!r.failed() && !r.complete && r.coverage == "NOT COMPLETE, 3 executions",
               "cut short: " + r.coverage);
    with = {};
    with.seconds = 1e-9;
    r = explore("ladder of 3", with, scenario);
    count.that(!r.complete && r.coverage.find("NOT COMPLETE") == 0, "out of time: " + r.coverage);
    with = {};
    with.max_steps = 4;
    count.found(explore("ladder of 3", with, scenario), failure_kind::livelock, "few steps");

    // Stale reads, of which one is enough.
    const auto buffering = [](verify::test& t) {
        word x, y;
        unsigned a = 0, b = 0;
        t.thread("a", [&] {
            x.store(1, relaxed);
            a = y.load(relaxed);
        });
        t.thread("b", [&] {
            y.store(1, relaxed);
            b = x.load(relaxed);
        });
        t.run();
        require(a + b != 0, "both missed the other");
    };
    for (unsigned stale = 0; stale != 2; ++stale) {
        with = {};
        with.weak = true;
        with.stale = stale;
        r = explore("store buffering", with, buffering);
        if (stale == 0) {
            count.clean(r, "nothing stale");
            count.that(r.coverage.find("complete up to 0 stale choices") == 0, r.coverage);
        } else {
            count.found(r, failure_kind::assertion, "one stale read");
        }
    }
}

/// How often a thread is left that could go on, in a counterexample's columns.
unsigned switches(const std::string& token) {
    const auto s = verify::from_token(token);
    unsigned n = 0;
    for (std::size_t i = 1; i < s->threads.size(); ++i)
        n += s->threads[i] != s->threads[i - 1] ? 1U : 0U;
    return n;
}

void minimal() {
    const auto scenario = [](verify::test& t) {
        word n;
        for (const char* who : {"a", "b", "c"}) {
            t.thread(who, [&] {
                for (int i = 0; i != 3; ++i)
                    n.store(n.load(relaxed) + 1, relaxed);
            });
        }
        t.run();
        require(n.load(relaxed) == 9, "an increment was lost");
    };
    for (search how : {search::exhaustive, search::random, search::pct}) {
        explore_options with;
        with.how = how;
        const auto r = explore("nine increments", with, scenario);
        count.found(r, failure_kind::assertion, "nine increments");
        count.equal(switches(r.token), 3, "one preemption, two ends: " + r.token);
        with.minimise = false;
        const auto raw = explore("nine increments", with, scenario);
        count.found(raw, failure_kind::assertion, "as it was found");
        count.that(switches(raw.token) >= 3, "as it was found: " + raw.token);
        std::size_t lines = 0;
        for (char c : r.text)
            lines += c == '\n' ? 1U : 0U;
        count.that(lines <= 26, "short enough to read\n" + r.text);
    }
}

/// What an execution may have at most: its steps, whatever is asked for, and what a clock counts.
void what_clocks_count() {
    for (unsigned m = 0; m != 3; ++m) {
        explore_options with;
        with.weak = m == 1;
        with.store_buffers = m == 2;
        with.max_steps = ~0U;
        with.minimise = false;
        const auto r = explore("20,001 steps", with, [](verify::test& t) {
            word a;
            t.thread("a", [&] {
                for (unsigned i = 0; i != 20001; ++i)
                    a.store(i, release);
            });
            t.run();
        });
        count.found(r, failure_kind::livelock, "20,001 steps");
    }
    const auto fences = [](unsigned n) {
        return [=](verify::test& t) {
            word a;
            t.thread("a", [&] {
                a.store(1, relaxed);
                for (unsigned i = 0; i != n; ++i)
                    model::fence(release);
            });
            t.run();
        };
    };
    explore_options raw;
    raw.minimise = false;
    count.clean(explore("44,000 releases", raw, fences(44000)), "44,000 releases");
    count.found(explore("46,000 releases", raw, fences(46000)), failure_kind::limit,
                "46,000 releases");
}

}  // namespace

int main() {
    preemptions();
    growth();
    limits();
    minimal();
    what_clocks_count();
    return count.exit_code();
}
