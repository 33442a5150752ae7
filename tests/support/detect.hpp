// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the tests of tests/explore/detect*_test.cpp have in common: a failure is found by every
// search that tries everything, and replayed by its string; a fixed form is clean.

#include <string>

#include "support/explored.hpp"

namespace rmap_test::detect {

using word = model::atomic<unsigned>;

inline tally count;

inline bool mentions(const std::string& text, const char* what) {
    return text.find(what) != std::string::npos;
}

/// Every search that tries everything finds it, and its string replays it.
template <class Scenario>
explore_result finds(const char* name, failure_kind kind, Scenario scenario,
                     explore_options with = {}) {
    explore_result first;
    for (search how : {search::exhaustive, search::cached, search::portfolio}) {
        with.how = how;
        auto r = explore(name, with, scenario);
        count.found(r, kind, name);
        count.that(r.first_failing != 0 && r.first_failing <= r.executions + r.pruned,
                   std::string{name} + ": which execution failed");
        count.that(r.token.size() <= 60, std::string{name} + ": long string " + r.token);
        auto again = with;
        again.replay = r.token;
        const auto replayed = explore(name, again, scenario);
        count.found(replayed, kind, std::string{name} + ", replayed");
        count.that(replayed.what.what == r.what.what && replayed.executions == 1,
                   std::string{name} + ": another failure when replayed");
        if (how == search::exhaustive) first = r;
    }
    return first;
}
template <class Scenario>
void clean(const char* name, Scenario scenario, explore_options with = {}) {
    count.clean(explore(name, with, scenario), name);
    with.how = search::cached;
    count.clean(explore(name, with, scenario), name);
}

inline explore_options weakly() {
    explore_options with;
    with.weak = true;
    return with;
}
}  // namespace rmap_test::detect
