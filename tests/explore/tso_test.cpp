// SPDX-License-Identifier: BSL-1.0

// With store buffers only the explorer has what x86-TSO has (Owens, Sarkar, Sewell, 2009): the
// verdicts of its litmus tests. tso_machine_test.cpp has random programs.

#include <set>
#include <string>

#include "support/explored.hpp"

namespace {

using namespace rmap_test;
using enum order;
using word = model::atomic<unsigned>;
using seen_outcomes = std::set<std::string>;

tally count;

/// Under x86-TSO the outcome `weak` of `body(test, r)` is allowed or not; never without buffers.
template <class Body>
void verdict(const char* name, const char* weak, bool allowed, Body body) {
    for (const bool buffers : {true, false}) {
        seen_outcomes seen;
        explore_options with;
        with.store_buffers = buffers;
        const auto r = explore(name, with, [&](verify::test& t) {
            unsigned read[4] = {};
            body(t, read);
            std::string text;
            for (unsigned v : read)
                text += static_cast<char>('0' + v);
            seen.insert(text);
        });
        count.clean(r, name);
        const bool wanted = buffers && allowed;
        count.that((seen.count(weak) != 0) == wanted,
                   std::string{name} + (wanted ? ": should be" : ": must not be") +
                       " seen: " + weak + " (" + r.coverage + ")");
    }
}

enum class between { nothing, weak_fence, fence };
void put(between what) {
    if (what == between::weak_fence) model::fence(acq_rel);
    if (what == between::fence) model::fence(seq_cst);
}

void store_buffering() {
    const auto sb = [](between a, between b, order stores, order loads) {
        return [=](verify::test& t, unsigned* r) {
            word x, y;
            t.thread("a", [&] {
                x.store(1, stores);
                put(a);
                r[0] = y.load(loads);
            });
            t.thread("b", [&] {
                y.store(1, stores);
                put(b);
                r[1] = x.load(loads);
            });
            t.run();
        };
    };
    using enum between;
    verdict("SB", "0000", true, sb(nothing, nothing, relaxed, relaxed));
    verdict("SB release acquire", "0000", true, sb(nothing, nothing, release, acquire));
    verdict("SB acq_rel fences", "0000", true, sb(weak_fence, weak_fence, relaxed, relaxed));
    verdict("SB one fence", "0000", true, sb(fence, nothing, relaxed, relaxed));
    verdict("SB fences", "0000", false, sb(fence, fence, relaxed, relaxed));
    verdict("SB seq_cst stores", "0000", false, sb(nothing, nothing, seq_cst, relaxed));
    verdict("SB exchanges, however weak", "0000", false, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            x.exchange(1, relaxed);
            r[0] = y.load(relaxed);
        });
        t.thread("b", [&] {
            y.exchange(1, relaxed);
            r[1] = x.load(relaxed);
        });
        t.run();
    });
    // iwp2.4: each sees its own store at once, and the other's late.
    verdict("SB with forwarding", "1010", true, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            x.store(1, relaxed);
            r[0] = x.load(relaxed);
            r[1] = y.load(relaxed);
        });
        t.thread("b", [&] {
            y.store(1, relaxed);
            r[2] = y.load(relaxed);
            r[3] = x.load(relaxed);
        });
        t.run();
    });
    // n6: forwarding, though another store to the same place comes first in memory.
    verdict("n6", "1010", true, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            x.store(1, relaxed);
            r[0] = x.load(relaxed);
            r[1] = y.load(relaxed);
        });
        t.thread("b", [&] {
            y.store(2, relaxed);
            x.store(2, relaxed);
        });
        t.run();
        r[2] = x.load(relaxed);
    });
    const auto r_shape = [](between fence_in_b) {
        return [=](verify::test& t, unsigned* r) {
            word x, y;
            t.thread("a", [&] {
                x.store(1, relaxed);
                y.store(1, relaxed);
            });
            t.thread("b", [&] {
                y.store(2, relaxed);
                put(fence_in_b);
                r[1] = x.load(relaxed);
            });
            t.run();
            r[0] = y.load(relaxed);
        };
    };
    verdict("R", "2000", true, r_shape(nothing));
    verdict("R, a fence before the load", "2000", false, r_shape(fence));
}

/// Loads come in order, stores too, and all threads agree on the order of stores.
void what_x86_forbids() {
    verdict("MP", "1000", false, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            x.store(1, relaxed);
            y.store(1, relaxed);
        });
        t.thread("b", [&] {
            r[0] = y.load(relaxed);
            r[1] = x.load(relaxed);
        });
        t.run();
    });
    verdict("LB", "1100", false, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            r[0] = x.load(relaxed);
            y.store(1, relaxed);
        });
        t.thread("b", [&] {
            r[1] = y.load(relaxed);
            x.store(1, relaxed);
        });
        t.run();
    });
    verdict("2+2W", "1100", false, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            x.store(1, relaxed);
            y.store(2, relaxed);
        });
        t.thread("b", [&] {
            y.store(1, relaxed);
            x.store(2, relaxed);
        });
        t.run();
        r[0] = x.load(relaxed);
        r[1] = y.load(relaxed);
    });
    verdict("IRIW", "1010", false, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("x", [&] { x.store(1, relaxed); });
        t.thread("y", [&] { y.store(1, relaxed); });
        t.thread("c", [&] {
            r[0] = x.load(relaxed);
            r[1] = y.load(relaxed);
        });
        t.thread("d", [&] {
            r[2] = y.load(relaxed);
            r[3] = x.load(relaxed);
        });
        t.run();
    });
    verdict("WRC", "1100", false, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] { x.store(1, relaxed); });
        t.thread("b", [&] {
            r[0] = x.load(relaxed);
            y.store(1, relaxed);
        });
        t.thread("c", [&] {
            r[1] = y.load(relaxed);
            r[2] = x.load(relaxed);
        });
        t.run();
    });
}

/// A wait ends: what was stored arrives. An unlock is a store like another, taking a lock drains.
void waiting() {
    explore_options with;
    with.store_buffers = true;
    const auto r = explore("waiting", with, [](verify::test& t) {
        word flag, x;
        t.thread("a", [&] {
            x.store(1, relaxed);
            flag.store(1, relaxed);
        });
        t.thread("b", [&] {
            while (flag.load(relaxed) == 0)
                model::pause();
            require(x.load(relaxed) == 1, "stores come in order");
        });
        t.run();
    });
    count.clean(r, "waiting");
    const auto locks = [](bool again) {
        return [=](verify::test& t, unsigned* r2) {
            word x, y;
            model_lock l, m;
            const auto side = [=](model_lock& own, word& mine, word& other, unsigned& read) {
                own.lock();
                mine.store(1, relaxed);
                own.unlock();
                if (again) {
                    own.lock();
                    own.unlock();
                }
                read = other.load(relaxed);
            };
            t.thread("a", [&] { side(l, x, y, r2[0]); });
            t.thread("b", [&] { side(m, y, x, r2[1]); });
            t.run();
        };
    };
    verdict("SB, the store under a lock", "0000", true, locks(false));
    verdict("SB, a lock taken in between", "0000", false, locks(true));
}

}  // namespace

int main() {
    store_buffering();
    what_x86_forbids();
    waiting();
    return count.exit_code();
}
