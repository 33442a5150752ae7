// SPDX-License-Identifier: BSL-1.0

// The two-flag handshake of munlock and isolate (asked on 2 October 2009; Linux 6a7b95481d49):
// one side clears M and looks at L, the other sets L and looks at M; at least one must see the
// other. Which designs hold when threads are interleaved, when stores wait in buffers besides
// (x86-TSO), and under the C++ memory model. flags_forms_test.cpp has the forms that are shipped.

#include "support/flags_matrix.hpp"

namespace {

using namespace rmap_test;
using enum order;
using word = model::atomic<unsigned>;

tally count;

/// Two words: `isolate` and `munlock` say whether they saw the other.
template <class Isolate, class Munlock>
auto two_words(Isolate isolate, Munlock munlock) {
    return [=](verify::test& t) {
        word m{1}, l{0};
        t.name(m, "M");
        t.name(l, "L");
        not_both_miss(
            t, [&] { return isolate(m, l); }, [&] { return munlock(m, l); });
    };
}

/// What either side may do in between.
enum class between { nothing, weak_fence, fence };
void put(between what) {
    if (what == between::weak_fence) model::fence(acq_rel);
    if (what == between::fence) model::fence(seq_cst);
}

void two_word_designs() {
    const auto isolate = [](between in, order set) {
        return [=](word& m, word& l) {
            l.store(1, set);
            put(in);
            return m.load(relaxed) == 0;
        };
    };
    const auto exchange = [](order look) {
        return [=](word& m, word& l) {
            m.exchange(0, seq_cst);
            return l.load(look) != 0;
        };
    };
    const auto munlock = [](between in) {
        return [=](word& m, word& l) {
            m.store(0, relaxed);
            put(in);
            return l.load(relaxed) != 0;
        };
    };
    using enum between;
    row(count, "two words, no fence", {ok, bad, bad},
        two_words(isolate(nothing, release), exchange(relaxed)));
    // What Linux had in 2009, said in C++: the read-modify-write is a full barrier there, not here.
    row(count, "two words, a fence in isolate alone", {ok, ok, bad},
        two_words(isolate(fence, relaxed), exchange(relaxed)));
    row(count, "two words, a fence in isolate, munlock's load seq_cst", {ok, ok, ok},
        two_words(isolate(fence, relaxed), exchange(seq_cst)));
    row(count, "two words, fences on both sides", {ok, ok, ok},
        two_words(isolate(fence, relaxed), munlock(fence)));
    row(count, "two words, acq_rel fences on both sides", {ok, bad, bad},
        two_words(isolate(weak_fence, relaxed), munlock(weak_fence)));
    row(count, "two words, a fence in munlock alone", {ok, bad, bad},
        two_words(isolate(nothing, release), munlock(fence)));
}

void one_word_designs() {
    constexpr unsigned m = 1, l = 2;
    const auto one = [](auto set_l, auto clear_m) {
        return [=](verify::test& t) {
            word flags{m};
            t.name(flags, "flags");
            not_both_miss(
                t,
                [&] {
                    set_l(flags);
                    return (flags.load(relaxed) & m) == 0;
                },
                [&] {
                    clear_m(flags);
                    return (flags.load(relaxed) & l) != 0;
                });
        };
    };
    const auto set_l = [](word& flags) { flags.fetch_or(l, relaxed); };
    const auto clear_m = [](word& flags) { flags.fetch_and(~m, relaxed); };
    row(count, "one word, relaxed read-modify-writes", {ok, ok, ok}, one(set_l, clear_m));
    row(count, "one word, M cleared by a load and a store", {bad, bad, bad},
        one(set_l, [](word& flags) {
            flags.store(flags.load(seq_cst) & ~m, seq_cst);
            model::fence(seq_cst);
        }));
    row(count, "one word, L set by a load and a store", {bad, bad, bad},
        one([](word& flags) { flags.store(flags.load(relaxed) | l, relaxed); }, clear_m));
}

/// The lock of the LRU, around both sides, or, as isolate_lru_page() had it in 2009, around the
/// isolator's write and behind a look of the munlocker's that does not take it.
void locked_designs() {
    row(count, "two words, under one lock", {ok, ok, ok}, [](verify::test& t) {
        model_lock lru;
        word m{1}, l{0};
        not_both_miss(
            t,
            [&] {
                const rmap::write_guard held{lru};
                l.store(1, relaxed);
                return m.load(relaxed) == 0;
            },
            [&] {
                const rmap::write_guard held{lru};
                m.store(0, relaxed);
                return l.load(relaxed) != 0;
            });
    });
    const auto looks_first = [](bool in_isolate, bool in_munlock) {
        return [=](verify::test& t) {
            model_lock lru;
            word m{1}, l{0};
            t.name(m, "M");
            t.name(l, "L");
            t.name(lru, "lru_lock");
            not_both_miss(
                t,
                [&] {
                    {
                        const rmap::write_guard held{lru};
                        l.store(1, relaxed);
                    }
                    if (in_isolate) model::fence(seq_cst);
                    return m.load(relaxed) == 0;
                },
                [&] {
                    m.exchange(0, seq_cst);
                    if (in_munlock) model::fence(seq_cst);
                    if (l.load(relaxed) == 0) return false;
                    const rmap::write_guard held{lru};
                    return l.exchange(0, relaxed) != 0;
                });
        };
    };
    row(count, "lock and a look before it, no fence", {ok, bad, bad}, looks_first(false, false));
    row(count, "lock and a look before it, a fence in isolate", {ok, ok, bad},
        looks_first(true, false));
    row(count, "lock and a look before it, a fence in munlock", {ok, bad, bad},
        looks_first(false, true));
    row(count, "lock and a look before it, fences on both sides", {ok, ok, ok},
        looks_first(true, true));
}

/// Look first, then write: no order and no fence mends it.
void the_wrong_order() {
    const auto isolate = [](word& m, word& l) {
        l.exchange(1, seq_cst);
        model::fence(seq_cst);
        return m.load(seq_cst) == 0;
    };
    const auto munlock = [](word& m, word& l) {
        m.exchange(0, seq_cst);
        model::fence(seq_cst);
        return l.load(seq_cst) != 0;
    };
    row(count, "munlock looks, then clears", {bad, bad, bad},
        two_words(isolate, [](word& m, word& l) {
            const bool seen = l.load(seq_cst) != 0;
            model::fence(seq_cst);
            m.exchange(0, seq_cst);
            return seen;
        }));
    row(count, "isolate looks, then sets", {bad, bad, bad},
        two_words(
            [](word& m, word& l) {
                const bool seen = m.load(seq_cst) == 0;
                model::fence(seq_cst);
                l.exchange(1, seq_cst);
                return seen;
            },
            munlock));
}

/// How Linux drains its batches since 5.18, as we read it. New pages: under the lock of the lists M
/// is read, U (the list is the unevictable one) set by it, then L. Munlocks: L is taken, if it is
/// set; then M is cleared; and if L was not, the page is counted as stranded where U is set.
template <class Drain>
auto drained(bool u_first, Drain what_must_hold) {
    return [=](verify::test& t) {
        constexpr unsigned m = 1, l = 2, u = 4;
        model_lock lru;
        word flags{m};
        bool took = false, counted_it = false;
        t.name(flags, "flags (M 1, L 2, U 4)");
        t.name(lru, "lru_lock");
        t.thread("drains new pages", [&] {
            const rmap::write_guard held{lru};
            if (u_first) flags.fetch_or(u, seq_cst);
            const bool mlocked = (flags.load(seq_cst) & m) != 0;
            if (mlocked && !u_first) flags.fetch_or(u, seq_cst);
            if (!mlocked && u_first) flags.fetch_and(~u, seq_cst);
            flags.fetch_or(l, seq_cst);
        });
        t.thread("drains munlocks", [&] {
            took = (flags.fetch_and(~l, seq_cst) & l) != 0;
            flags.fetch_and(~m, seq_cst);
            if (!took) counted_it = (flags.load(seq_cst) & u) != 0;
        });
        t.run();
        const bool stranded = !took && (flags.load(seq_cst) & u) != 0;
        what_must_hold(stranded, counted_it);
    };
}

void the_drain_order() {
    const auto none = [](bool stranded, bool) { require(!stranded, "the page is stranded"); };
    const auto all_counted = [](bool stranded, bool counted_it) {
        require(!stranded || counted_it, "the page is stranded, and not counted");
    };
    row(count, "drains, nothing is stranded", {bad, bad, bad}, drained(false, none));
    // The count is a hint: it misses pages that are cleared between the look at M and the set of U.
    row(count, "drains, what is stranded is counted", {bad, bad, bad}, drained(false, all_counted));
    // That is one more handshake, of M and U: in the order that works the count misses none.
    row(count, "drains, U set before the look at M, what is stranded is counted", {ok, ok, ok},
        drained(true, all_counted));
}

}  // namespace

int main() {
    two_word_designs();
    one_word_designs();
    locked_designs();
    the_wrong_order();
    the_drain_order();
    return count.exit_code();
}
