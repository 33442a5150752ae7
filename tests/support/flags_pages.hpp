// SPDX-License-Identifier: BSL-1.0
#pragma once

// A page's flags M and L for each shipped form of the handshake, M set and L clear, over a family
// of atomics.

#include <utility>

#include <rmap/flags/handshake.hpp>

#include "support/explored.hpp"

namespace rmap_test {

namespace flags = rmap::flags;

enum class pg : unsigned { lru, mlocked, count };
enum class lru_bits : unsigned { lru, count };
enum class mlock_bits : unsigned { mlocked, count };

}  // namespace rmap_test

template <>
inline constexpr bool rmap::flags::in_handshake<rmap_test::pg::lru> = true;
template <>
inline constexpr bool rmap::flags::in_handshake<rmap_test::pg::mlocked> = true;
template <>
inline constexpr bool rmap::flags::in_handshake<rmap_test::lru_bits::lru> = true;
template <>
inline constexpr bool rmap::flags::in_handshake<rmap_test::mlock_bits::mlocked> = true;

namespace rmap_test {

/// A word with one flag set.
template <class Word, auto F>
Word with_flag() {
    typename Word::unpublished fresh;
    fresh.template set<F>();
    return Word{std::move(fresh)};
}

template <class Atomics>
struct in_one_word {
    using word = flags::page_flags<pg, Atomics>;
    using form = flags::one_word<word, pg::mlocked, pg::lru>;

    word both = with_flag<word, pg::mlocked>();
    typename form::place at{both};
    void call(verify::test& t) { t.name(both, "flags"); }
};

template <class Atomics>
struct in_two_words {
    using m_word = flags::page_flags<mlock_bits, Atomics>;
    using l_word = flags::page_flags<lru_bits, Atomics>;
    using form = flags::split_word<m_word, mlock_bits::mlocked, l_word, lru_bits::lru>;

    m_word m = with_flag<m_word, mlock_bits::mlocked>();
    l_word l{};
    typename form::place at{m, l};
    void call(verify::test& t) {
        t.name(m, "M");
        t.name(l, "L");
    }
};

template <class Atomics>
struct under_a_lock {
    using m_word = flags::page_flags<mlock_bits, Atomics>;
    using l_word = flags::page_flags<lru_bits, Atomics>;
    using form = flags::locked<m_word, mlock_bits::mlocked, l_word, lru_bits::lru, model_lock>;

    m_word m = with_flag<m_word, mlock_bits::mlocked>();
    l_word l{};
    model_lock lock{};
    typename form::place at{m, l, lock};
    void call(verify::test& t) {
        t.name(m, "M");
        t.name(l, "L");
        t.name(lock, "lru_lock");
    }
};

/// The two parties, and both look.
template <class Page>
void both_look(verify::test& t) {
    Page page;
    page.call(t);
    using form = typename Page::form;
    bool isolator_sees = false, munlocker_sees = false;
    t.thread("isolate", [&] { isolator_sees = !form::putback(page.at).still_mlocked(); });
    t.thread("munlock", [&] { munlocker_sees = form::munlock(page.at).on_lru(); });
    t.run();
    require(isolator_sees || munlocker_sees, "the page stays unevictable, M clear");
}

/// Each takes the page if it may, to move it to the evictable list: one does. `munlockers` of them.
template <class Page, unsigned Munlockers>
void each_takes(verify::test& t) {
    Page page;
    page.call(t);
    using form = typename Page::form;
    unsigned took = 0, cleared = 0;
    t.thread("isolate", [&] {
        auto on_list = form::putback(page.at);
        if (!on_list.still_mlocked() && on_list.isolate()) ++took;
    });
    for (unsigned i = 0; i != Munlockers; ++i) {
        t.thread("munlock", [&] {
            auto here = form::munlock(page.at);
            if (!here.was_mlocked()) return;
            ++cleared;
            if (here.isolate()) ++took;
        });
    }
    t.run();
    require(cleared == 1, "M is cleared once");
    require(took != 0, "the page stays unevictable, M clear");
    require(took == 1, "the page is taken twice");
}

}  // namespace rmap_test
