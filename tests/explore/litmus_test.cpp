// SPDX-License-Identifier: BSL-1.0

// The memory model on the litmus tests of the literature: what RC11 (Lahav, Vafeiadis, Kang, Hur,
// Dreyer, 2017) allows happens, what it forbids does not, and there is one execution for each
// happens-before graph. Under sequential consistency none of the weak outcomes happens.

#include <string>

#include "support/explored.hpp"

namespace {

using namespace rmap_test;
using enum order;
using word = model::atomic<unsigned>;

tally count;

struct observed {
    outcomes seen{};
    explore_result result{};
};

/// Runs a litmus test: `body(test, r)` declares the threads, which store what they see in r.
template <class Body>
observed all(const char* name, Body body, bool weak, search how = search::exhaustive) {
    observed o;
    explore_options with;
    with.weak = weak;
    with.how = how;
    o.result = explore(name, with, [&](verify::test& t) {
        unsigned r[4] = {};
        body(t, r);
        std::string text;
        for (unsigned v : r)
            text += static_cast<char>('0' + v);
        ++o.seen[text];
    });
    return o;
}

/// `weak` is the outcome in question; `graphs`, if not 0, how many executions there are.
template <class Body>
void verdict(const char* name, const char* weak, bool allowed, unsigned graphs, Body body) {
    const observed o = all(name, body, true);
    count.clean(o.result, name);
    const bool seen = o.seen.count(weak) != 0;
    count.that(seen == allowed,
               std::string{name} + (allowed ? ": should be" : ": must not be") + " seen: " + weak);
    if (graphs != 0) count.equal(o.result.executions, graphs, std::string{name} + ": executions");
    const observed sc = all(name, body, false);
    count.clean(sc.result, name);
    count.that(sc.seen.count(weak) == 0, std::string{name} + ": not sequentially consistent");
    const observed cached = all(name, body, false, search::cached);
    count.equal(sc.result.executions, cached.result.executions, std::string{name} + ": reduced");
}

/// Store buffering: both miss the other's store.
void store_buffering() {
    const auto accesses = [](order store, order load) {
        return [=](verify::test& t, unsigned* r) {
            word x, y;
            t.thread("a", [&] {
                x.store(1, store);
                r[0] = y.load(load);
            });
            t.thread("b", [&] {
                y.store(1, store);
                r[1] = x.load(load);
            });
            t.run();
        };
    };
    verdict("SB relaxed", "0000", true, 4, accesses(relaxed, relaxed));
    verdict("SB release acquire", "0000", true, 4, accesses(release, acquire));
    verdict("SB seq_cst", "0000", false, 3, accesses(seq_cst, seq_cst));

    const auto fences = [](order fence) {
        return [=](verify::test& t, unsigned* r) {
            word x, y;
            t.thread("a", [&] {
                x.store(1, relaxed);
                model::fence(fence);
                r[0] = y.load(relaxed);
            });
            t.thread("b", [&] {
                y.store(1, relaxed);
                model::fence(fence);
                r[1] = x.load(relaxed);
            });
            t.run();
        };
    };
    verdict("SB fences acq_rel", "0000", true, 4, fences(acq_rel));
    verdict("SB fences seq_cst", "0000", false, 3, fences(seq_cst));

    verdict("SB exchange seq_cst, load relaxed", "0000", true, 4, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            x.exchange(1, seq_cst);
            r[0] = y.load(relaxed);
        });
        t.thread("b", [&] {
            y.exchange(1, seq_cst);
            r[1] = x.load(relaxed);
        });
        t.run();
    });
    verdict("SB accesses against a fence", "0000", false, 3, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            x.store(1, seq_cst);
            r[0] = y.load(seq_cst);
        });
        t.thread("b", [&] {
            y.store(1, relaxed);
            model::fence(seq_cst);
            r[1] = x.load(relaxed);
        });
        t.run();
    });
}

/// Message passing: the flag is seen, the message is not.
void message_passing() {
    const auto accesses = [](order store, order load) {
        return [=](verify::test& t, unsigned* r) {
            word x, y;
            t.thread("a", [&] {
                x.store(1, relaxed);
                y.store(1, store);
            });
            t.thread("b", [&] {
                r[0] = y.load(load);
                r[1] = x.load(relaxed);
            });
            t.run();
        };
    };
    verdict("MP relaxed", "1000", true, 4, accesses(relaxed, relaxed));
    verdict("MP release, relaxed", "1000", true, 4, accesses(release, relaxed));
    verdict("MP relaxed, acquire", "1000", true, 4, accesses(relaxed, acquire));
    verdict("MP release, acquire", "1000", false, 3, accesses(release, acquire));
    verdict("MP fences", "1000", false, 3, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            x.store(1, relaxed);
            model::fence(release);
            y.store(1, relaxed);
        });
        t.thread("b", [&] {
            r[0] = y.load(relaxed);
            model::fence(acquire);
            r[1] = x.load(relaxed);
        });
        t.run();
    });
    verdict("MP through a relaxed read-modify-write", "2000", false, 0,
            [](verify::test& t, unsigned* r) {
                word x, y;
                t.thread("a", [&] {
                    x.store(1, relaxed);
                    y.store(1, release);
                });
                t.thread("b", [&] {
                    unsigned one = 1;
                    static_cast<void>(y.compare_exchange(one, 2, relaxed));
                });
                t.thread("c", [&] {
                    r[0] = y.load(acquire);
                    if (r[0] == 2) r[1] = x.load(relaxed);
                    if (r[0] != 2) r[1] = 7;
                });
                t.run();
            });
    // Since C++20 a later relaxed store of the releasing thread is not part of the sequence.
    verdict("MP through a later relaxed store", "2000", true, 0, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            x.store(1, relaxed);
            y.store(1, release);
            y.store(2, relaxed);
        });
        t.thread("b", [&] {
            r[0] = y.load(acquire);
            r[1] = x.load(relaxed);
        });
        t.run();
    });
}

/// Coherence: one location never goes back.
void coherence() {
    verdict("CoRR", "1000", false, 3, [](verify::test& t, unsigned* r) {
        word x;
        t.thread("a", [&] { x.store(1, relaxed); });
        t.thread("b", [&] {
            r[0] = x.load(relaxed);
            r[1] = x.load(relaxed);
        });
        t.run();
    });
    verdict("CoRR of two stores", "1221", false, 0, [](verify::test& t, unsigned* r) {
        word x;
        t.thread("a", [&] { x.store(1, relaxed); });
        t.thread("b", [&] { x.store(2, relaxed); });
        for (unsigned* at : {r, r + 2}) {
            t.thread("reader", [&x, at] {
                at[0] = x.load(relaxed);
                at[1] = x.load(relaxed);
            });
        }
        t.run();
    });
    verdict("CoWR", "2000", false, 0, [](verify::test& t, unsigned* r) {
        word x;
        t.thread("a", [&] {
            x.store(1, relaxed);
            r[0] = x.load(relaxed);
            if (r[0] == 2 && x.load(relaxed) == 1) r[1] = 9;
            if (r[0] != 2) r[1] = 5;
            if (r[0] == 2 && r[1] == 0) r[2] = 1;
        });
        t.thread("b", [&] { x.store(2, relaxed); });
        t.run();
    });
    verdict("two increments", "1000", false, 2, [](verify::test& t, unsigned* r) {
        word x;
        t.thread("a", [&] { x.fetch_add(1, relaxed); });
        t.thread("b", [&] { x.fetch_add(1, relaxed); });
        t.run();
        r[0] = x.load(relaxed);
    });
}

/// 2+2W: both locations end with the first of two stores. R: a store against a store and a load.
void stores() {
    const auto two = [](order first, order second) {
        return [=](verify::test& t, unsigned* r) {
            word x, y;
            t.thread("a", [&] {
                x.store(1, first);
                y.store(2, second);
            });
            t.thread("b", [&] {
                y.store(1, first);
                x.store(2, second);
            });
            t.run();
            r[0] = x.load(relaxed);
            r[1] = y.load(relaxed);
        };
    };
    verdict("2+2W relaxed", "1100", true, 4, two(relaxed, relaxed));
    verdict("2+2W release", "1100", true, 4, two(release, release));
    verdict("2+2W seq_cst", "1100", false, 3, two(seq_cst, seq_cst));

    verdict("R seq_cst", "2000", false, 3, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            x.store(1, seq_cst);
            y.store(1, seq_cst);
        });
        t.thread("b", [&] {
            y.store(2, seq_cst);
            r[1] = x.load(seq_cst);
        });
        t.run();
        r[0] = y.load(relaxed);
    });
    const auto fences = [](order fence) {
        return [=](verify::test& t, unsigned* r) {
            word x, y;
            t.thread("a", [&] {
                x.store(1, relaxed);
                model::fence(fence);
                y.store(1, relaxed);
            });
            t.thread("b", [&] {
                y.store(2, relaxed);
                model::fence(fence);
                r[1] = x.load(relaxed);
            });
            t.run();
            r[0] = y.load(relaxed);
        };
    };
    verdict("R fences seq_cst", "2000", false, 3, fences(seq_cst));
    verdict("R fences acq_rel", "2000", true, 4, fences(acq_rel));
}

/// IRIW: two readers see two independent stores in different orders. WRC: a store is seen through a
/// third thread.
void chains() {
    const auto iriw = [](order store, order load, bool fences) {
        return [=](verify::test& t, unsigned* r) {
            word x, y;
            t.thread("x", [&] { x.store(1, store); });
            t.thread("y", [&] { y.store(1, store); });
            t.thread("c", [&] {
                r[0] = x.load(load);
                if (fences) model::fence(seq_cst);
                r[1] = y.load(load);
            });
            t.thread("d", [&] {
                r[2] = y.load(load);
                if (fences) model::fence(seq_cst);
                r[3] = x.load(load);
            });
            t.run();
        };
    };
    verdict("IRIW acquire", "1010", true, 16, iriw(release, acquire, false));
    verdict("IRIW seq_cst", "1010", false, 15, iriw(seq_cst, seq_cst, false));
    verdict("IRIW fences", "1010", false, 15, iriw(relaxed, relaxed, true));

    const auto wrc = [](order load, order store) {
        return [=](verify::test& t, unsigned* r) {
            word x, y;
            t.thread("a", [&] { x.store(1, relaxed); });
            t.thread("b", [&] {
                r[0] = x.load(relaxed);
                y.store(1, store);
            });
            t.thread("c", [&] {
                r[1] = y.load(load);
                r[2] = x.load(relaxed);
            });
            t.run();
        };
    };
    verdict("WRC release acquire", "1100", false, 7, wrc(acquire, release));
    verdict("WRC relaxed", "1100", true, 8, wrc(relaxed, relaxed));
}

/// Z6.U: the tools disagree (see docs/explorer.md); this one forbids it. LB: allowed by C++, but
/// out of reach here.
void limits() {
    verdict("Z6.U", "1230", false, 0, [](verify::test& t, unsigned* r) {
        word x, y;
        t.thread("a", [&] {
            x.store(1, seq_cst);
            y.store(1, release);
        });
        t.thread("b", [&] {
            r[2] = y.fetch_add(1, seq_cst);
            r[0] = y.load(relaxed);
        });
        t.thread("c", [&] {
            y.store(3, seq_cst);
            r[1] = x.load(seq_cst);
        });
        t.run();
        // The outcome in question: b added to a's 1, read c's 3 behind it, and c missed a's x.
        const bool odd = r[2] == 1 && r[0] == 3 && r[1] == 0;
        for (unsigned i = 0; i != 4; ++i)
            r[i] = odd && i != 3 ? i + 1 : 0;
    });
    verdict("LB", "1100", false, 3, [](verify::test& t, unsigned* r) {
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
}

}  // namespace

int main() {
    store_buffering();
    message_passing();
    coherence();
    stores();
    chains();
    limits();
    return count.exit_code();
}
