// SPDX-License-Identifier: BSL-1.0

// The two-flag handshake of munlock and isolate (the question that Linux ba470de43188 left open):
// one side clears M and looks at L, the other sets L and looks at M; at least one must see the
// other. Which designs hold under interleavings alone, and which under the C++ memory model.

#include "support/explored.hpp"

namespace {

using namespace rmap_test;
using enum order;
using word = model::atomic<unsigned>;

tally count;

template <class Scenario>
void row(const char* name, bool holds, Scenario scenario) {
    explore_options with;
    count.clean(explore(name, with, scenario), std::string{name} + ", interleaved");
    with.weak = true;
    const auto weak = explore(name, with, scenario);
    if (holds) {
        count.clean(weak, name);
    } else {
        count.found(weak, failure_kind::assertion, name);
        count.that(weak.text.find("<- stale") != std::string::npos,
                   std::string{name} + ": the stale read is pointed out\n" + weak.text);
        with.replay = weak.token;
        count.found(explore(name, with, scenario), failure_kind::assertion,
                    std::string{name} + ", replayed");
    }
}

/// Two words: `isolate` and `munlock` return whether they saw the other.
template <class Isolate, class Munlock>
auto two_words(Isolate isolate, Munlock munlock) {
    return [=](verify::test& t) {
        word m{1}, l{0};
        bool isolator_sees = false, munlocker_sees = false;
        t.name(m, "M");
        t.name(l, "L");
        t.thread("isolate", [&] { isolator_sees = isolate(m, l); });
        t.thread("munlock", [&] { munlocker_sees = munlock(m, l); });
        t.run();
        require(isolator_sees || munlocker_sees, "the page stays unevictable, M clear");
    };
}

void designs() {
    const auto exchange_then = [](order look) {
        return [=](word& m, word& l) {
            m.exchange(0, seq_cst);
            return l.load(look) != 0;
        };
    };
    const auto fenced_isolate = [](word& m, word& l) {
        l.store(1, relaxed);
        model::fence(seq_cst);
        return m.load(relaxed) == 0;
    };
    row("two words, no fence", false,
        two_words(
            [](word& m, word& l) {
                l.store(1, release);
                return m.load(relaxed) == 0;
            },
            exchange_then(relaxed)));
    row("two words, a fence in isolate alone", false,
        two_words(fenced_isolate, exchange_then(relaxed)));
    row("two words, a fence in isolate, munlock's load seq_cst", true,
        two_words(fenced_isolate, exchange_then(seq_cst)));
    row("two words, fences on both sides", true, two_words(fenced_isolate, [](word& m, word& l) {
            m.store(0, relaxed);
            model::fence(seq_cst);
            return l.load(relaxed) != 0;
        }));
    row("two words, acq_rel fences on both sides", false,
        two_words(
            [](word& m, word& l) {
                l.store(1, relaxed);
                model::fence(acq_rel);
                return m.load(relaxed) == 0;
            },
            [](word& m, word& l) {
                m.store(0, relaxed);
                model::fence(acq_rel);
                return l.load(relaxed) != 0;
            }));

    row("one word, relaxed read-modify-writes", true, [](verify::test& t) {
        word flags{1};  // bit 0: M, bit 1: L
        bool isolator_sees = false, munlocker_sees = false;
        t.thread("isolate", [&] {
            flags.fetch_or(2, relaxed);
            isolator_sees = (flags.load(relaxed) & 1U) == 0;
        });
        t.thread("munlock", [&] {
            flags.fetch_and(~1U, relaxed);
            munlocker_sees = (flags.load(relaxed) & 2U) != 0;
        });
        t.run();
        require(isolator_sees || munlocker_sees, "the page stays unevictable, M clear");
    });

    row("two words, under one lock", true, [](verify::test& t) {
        model_lock lru;
        word m{1}, l{0};
        bool isolator_sees = false, munlocker_sees = false;
        t.thread("isolate", [&] {
            lru.lock();
            l.store(1, relaxed);
            isolator_sees = m.load(relaxed) == 0;
            lru.unlock();
        });
        t.thread("munlock", [&] {
            lru.lock();
            m.store(0, relaxed);
            munlocker_sees = l.load(relaxed) != 0;
            lru.unlock();
        });
        t.run();
        require(isolator_sees || munlocker_sees, "the page stays unevictable, M clear");
    });
}

}  // namespace

int main() {
    designs();
    return count.exit_code();
}
