// SPDX-License-Identifier: BSL-1.0

// What a loop that pauses waits for: a change of what it has read since its last pause, counted
// from the first look. A compare-exchange that fails because the word has changed since it was
// loaded has its change already; the usual loop of a lock (load, try to exchange, pause) does not
// deadlock.

#include "support/explored.hpp"

using namespace rmap_test;

namespace {

tally count;

/// Readers that count themselves in, and wait until all are in.
void all_in(verify::test& t) {
    model::atomic<unsigned> word{0};
    for (const char* who : {"a", "b"}) {
        t.thread(who, [&] {
            for (;;) {
                unsigned seen = word.load(order::relaxed);
                if (word.compare_exchange(seen, seen + 1, order::acq_rel)) break;
                model::pause();
            }
            while (word.load(order::relaxed) != 2)
                model::pause();
        });
    }
    t.run();
    require(word.load(order::relaxed) == 2, "a count was lost");
}

/// One waits for what nobody ever does.
void never(verify::test& t) {
    model::atomic<unsigned> word{0};
    t.thread("waits", [&] {
        while (word.load(order::relaxed) != 2)
            model::pause();
    });
    t.thread("stores", [&] { word.store(1, order::relaxed); });
    t.run();
}

}  // namespace

int main() {
    for (const bool weak : {false, true}) {
        explore_options with;
        with.weak = weak;
        count.clean(explore("all in", with, all_in), "all in");
        with.how = search::cached;
        count.clean(explore("all in", with, all_in), "all in, cached");
        count.found(explore("never", with, never), failure_kind::deadlock, "never");
    }
    return count.exit_code();
}
