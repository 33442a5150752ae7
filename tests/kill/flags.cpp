// SPDX-License-Identifier: BSL-1.0

// Stories of the words of page flags, and of the handshake of two flags.

#include "kill/kill.hpp"
#include "support/flags_pages.hpp"

namespace kill {

namespace {

using rmap_test::weakened_model;
namespace flags = rmap::flags;

enum class with_lock : unsigned { locked, dirty, count };

/// Threads that add under the lock in a word of flags, while another flag is set.
template <bool Try>
void additions(verify::test& t) {
    flags::page_flags<with_lock, weakened_model> word;
    weakened_model::plain<int> sum{0};
    int refused = 0;
    for (const char* who : {"adds", "adds too"}) {
        t.thread(who, [&] {
            if constexpr (Try) {
                if (!word.try_lock()) {
                    ++refused;
                    return;
                }
            } else {
                word.lock();
            }
            sum = sum + 1;
            word.unlock();
        });
    }
    t.thread("dirties", [&] { word.set<with_lock::dirty, rmap::order::relaxed>(); });
    t.run();
    verify::require(sum == 2 - refused, "an addition was lost");
}

/// Both flags in words of their own, under one lock.
struct under_a_lock {
    using m_word = flags::page_flags<rmap_test::mlock_bits, weakened_model>;
    using l_word = flags::page_flags<rmap_test::lru_bits, weakened_model>;
    using form = flags::locked<m_word, rmap_test::mlock_bits::mlocked, l_word,
                               rmap_test::lru_bits::lru, rmap_test::droppable_lock>;

    m_word m = rmap_test::with_flag<m_word, rmap_test::mlock_bits::mlocked>();
    l_word l{};
    rmap_test::droppable_lock lock{};
    form::place at{m, l, lock};
    void call(verify::test&) {}
};

/// Two who want the page's place; one gets it.
void two_isolate(verify::test& t) {
    under_a_lock page;
    using form = under_a_lock::form;
    unsigned took = 0;
    static_cast<void>(form::putback(page.at).still_mlocked());
    for (const char* who : {"isolates", "isolates too"}) {
        t.thread(who, [&] {
            if (form::isolate(page.at)) ++took;
        });
    }
    t.run();
    verify::require(took == 1, "the page is taken twice");
}

}  // namespace

void tell_flags(stories& out) {
    using rmap_test::both_look;
    using rmap_test::each_takes;
    using split = rmap_test::in_two_words<weakened_model>;
    using one = rmap_test::in_one_word<weakened_model>;
    out.push_back({"page_flags: two add under its lock", "flags", weakly, additions<false>});
    out.push_back({"page_flags: two try its lock", "flags", weakly, additions<true>});
    out.push_back({"split_word: both look", "flags", weakly, both_look<split>});
    out.push_back({"split_word: each takes", "flags", weakly, each_takes<split, 1>});
    out.push_back({"one_word: both look", "flags", weakly, both_look<one>});
    out.push_back({"locked: both look", "flags", weakly, both_look<under_a_lock>});
    out.push_back({"locked: each takes", "flags", weakly, each_takes<under_a_lock, 2>});
    out.push_back({"locked: two isolate", "flags", weakly, two_isolate});
}

}  // namespace kill
