// SPDX-License-Identifier: BSL-1.0
#pragma once

// A row of the matrix of designs for two flags and two parties: what the explorer says of it when
// threads are interleaved, with store buffers, and under the C++ memory model.

#include <string>

#include <rmap/locks/guard.hpp>

#include "support/explored.hpp"

namespace rmap_test {

enum verdict : bool { bad, ok };

struct verdicts {
    verdict interleaved, store_buffers, weak;
};

/// Two threads, each of which says whether it saw the other.
template <class Isolate, class Munlock>
void not_both_miss(verify::test& t, Isolate isolate, Munlock munlock) {
    bool isolator_sees = false, munlocker_sees = false;
    t.thread("isolate", [&] { isolator_sees = isolate(); });
    t.thread("munlock", [&] { munlocker_sees = munlock(); });
    t.run();
    require(isolator_sees || munlocker_sees, "the page stays unevictable, M clear");
}

/// Clean to the end, or found, and then replayed.
template <class Scenario>
void cell(tally& count, const std::string& name, verdict holds, bool interleaved,
          explore_options with, Scenario scenario) {
    const auto r = explore(name, with, scenario);
    std::printf("%s: %s\n", name.c_str(),
                r.failed() ? ("found in execution " + std::to_string(r.first_failing)).c_str()
                           : r.coverage.c_str());
    if (holds == ok) {
        count.clean(r, name);
        return;
    }
    count.found(r, failure_kind::assertion, name);
    if (!interleaved) {
        count.that(r.text.find("<- stale") != std::string::npos,
                   name + ": the stale read is pointed out\n" + r.text);
    }
    with.replay = r.token;
    count.found(explore(name, with, scenario), failure_kind::assertion, name + ", replayed");
}

template <class Scenario>
void row(tally& count, const std::string& name, verdicts wanted, Scenario scenario) {
    const bool interleaved = wanted.interleaved == bad;  // then no stale read is needed
    explore_options with;
    cell(count, name + ", interleaved", wanted.interleaved, true, with, scenario);
    with.store_buffers = true;
    cell(count, name + ", x86-TSO", wanted.store_buffers, interleaved, with, scenario);
    with = {};
    with.weak = true;
    cell(count, name + ", C++", wanted.weak, interleaved, with, scenario);
}

}  // namespace rmap_test
