// SPDX-License-Identifier: BSL-1.0

// The memory orders of flags/, as they ship, under the C++ memory model: the fence of the split
// handshake, the lock in a word of flags, and L where it hands the page over by itself. Each order
// is needed: without it the parties miss each other, or a plain field is raced for.

#include <rmap/flags/page_flags.hpp>

#include "support/flags_pages.hpp"
#include "support/weakened.hpp"

namespace {

using namespace rmap_test;
using enum order;

tally counted;

constexpr std::initializer_list<failure_kind> race = {failure_kind::data_race};
constexpr std::initializer_list<failure_kind> missed = {failure_kind::assertion};

void the_fence() {
    using page = in_two_words<weakened_model>;
    as_shipped(counted, "split_word, looks", {}, both_look<page>);
    as_shipped(counted, "split_word, takes", {}, each_takes<page, 2>);
    const weakening fence{"flags/split_word.hpp", "full_fence", seq_cst};
    shows(counted, "the fence, looks", {}, fence, missed, both_look<page>);
    shows(counted, "the fence, takes", {}, fence, missed, each_takes<page, 1>);
    // There is none in the other forms, and none is missed.
    as_shipped(counted, "one_word", {}, each_takes<in_one_word<weakened_model>, 2>);
    as_shipped(counted, "locked", {}, each_takes<under_a_lock<weakened_model>, 2>);
}

// ---- the lock in the word

enum class with_lock : unsigned { locked, dirty, count };
using word = flags::page_flags<with_lock, weakened_model>;

/// Threads that count under the lock, while one sets another flag.
template <bool Try>
void counters(verify::test& t) {
    word w;
    model::plain<int> n{0};
    int refused = 0;
    for (const char* who : {"a", "b"}) {
        t.thread(who, [&] {
            if constexpr (Try) {
                if (!w.try_lock()) {
                    ++refused;
                    return;
                }
            } else {
                w.lock();
            }
            n = n + 1;
            w.unlock();
        });
    }
    t.thread("dirties", [&] { w.set<with_lock::dirty, relaxed>(); });
    t.run();
    require(n == 2 - refused, "an increment was lost");
    require(!w.is_held(), "held for ever");
    require(w.test<with_lock::dirty, relaxed>(), "a flag was lost");
}

void the_lock() {
    as_shipped(counted, "page_flags, its lock", {}, counters<false>);
    as_shipped(counted, "page_flags, its lock, trying", {}, counters<true>);
    const char* const file = "flags/page_flags.hpp";
    shows(counted, "unlock", {}, {file, "unlock", release}, race, counters<false>);
    shows(counted, "unlock, trying", {}, {file, "unlock", release}, race, counters<true>);
    shows(counted, "take", {}, {file, "take", acquire}, race, counters<false>);
    shows(counted, "take, trying", {}, {file, "take", acquire}, race, counters<true>);
}

// ---- L hands the page over

/// Who sets L has written the page's place; who takes L reads it and writes another.
template <class Page>
void handed_over(verify::test& t) {
    Page page;
    page.call(t);
    using form = typename Page::form;
    model::plain<int> list{0};
    bool munlocker = false, reclaim = false, isolator = false;
    const auto took = [&](bool& who) {
        who = true;
        require(list == 1, "the page is on no list");
        list = 2;
    };
    t.thread("isolate", [&] {
        list = 1;
        auto on_list = form::template putback<release>(page.at);
        if (!on_list.still_mlocked() && on_list.template isolate<acquire>()) took(isolator);
    });
    t.thread("munlock", [&] {
        auto here = form::munlock(page.at);
        if (here.template isolate<acquire>()) took(munlocker);
    });
    t.thread("reclaim", [&] {
        if (form::template isolate<acquire>(page.at)) took(reclaim);
    });
    t.run();
    require(munlocker + isolator + reclaim == 1, "one of them takes the page");
    require(list == 2, "the page is on the wrong list");
}

void the_handing() {
    const weakening set{"flags/parties.hpp", "test_and_set", release};
    const weakening taken{"flags/parties.hpp", "test_and_clear", acquire};
    as_shipped(counted, "one_word hands over", {}, handed_over<in_one_word<weakened_model>>);
    as_shipped(counted, "split_word hands over", {}, handed_over<in_two_words<weakened_model>>);
    shows(counted, "one_word, L set", {}, set, race, handed_over<in_one_word<weakened_model>>);
    shows(counted, "one_word, L taken", {}, taken, race, handed_over<in_one_word<weakened_model>>);
    shows(counted, "split_word, L set", {}, set, race, handed_over<in_two_words<weakened_model>>);
    shows(counted, "split_word, L taken", {}, taken, race,
          handed_over<in_two_words<weakened_model>>);
}

}  // namespace

int main() {
    the_fence();
    the_lock();
    the_handing();
    return counted.exit_code();
}
