// SPDX-License-Identifier: BSL-1.0

// A page that two parties hand to each other by its flags alone, without a lock: the munlocker has
// written one thing, the isolator another, and whoever takes the page reads both. Each of the four
// orders is needed. (L handed over to a third: flags_orders_test.cpp.)

#include "support/flags_pages.hpp"
#include "support/weakened.hpp"

namespace {

using namespace rmap_test;
using enum order;

tally results;

template <class Page>
void both_hand_over(verify::test& t) {
    Page page;
    page.call(t);
    using form = typename Page::form;
    model::plain<int> by_munlocker{0};
    model::plain<int> by_isolator{0};
    unsigned takers = 0;
    const auto take = [&] {
        ++takers;
        require(by_munlocker == 1 && by_isolator == 1, "the page is as it was");
    };
    t.thread("munlock", [&] {
        by_munlocker = 1;
        auto mine = form::template munlock<release>(page.at);
        if (mine.template isolate<acquire>()) take();
    });
    t.thread("isolate", [&] {
        by_isolator = 1;
        auto mine = form::template putback<release>(page.at);
        if (!mine.template still_mlocked<acquire>() && mine.isolate()) take();
    });
    t.run();
    require(takers == 1, "nobody takes the page, or two do");
}

constexpr std::initializer_list<failure_kind> race = {failure_kind::data_race};

template <class Page>
void each_order(const char* name) {
    as_shipped(results, name, {}, both_hand_over<Page>);
    const char* const parties = "flags/parties.hpp";
    const char* const words = "flags/page_flags.hpp";
    shows(results, name, {}, {parties, "test_and_clear", release}, race, both_hand_over<Page>);
    shows(results, name, {}, {parties, "test_and_clear", acquire}, race, both_hand_over<Page>);
    shows(results, name, {}, {parties, "test_and_set", release}, race, both_hand_over<Page>);
    shows(results, name, {}, {words, "test", acquire}, race, both_hand_over<Page>);
}

}  // namespace

int main() {
    each_order<in_one_word<weakened_model>>("one_word");
    each_order<in_two_words<weakened_model>>("split_word");
    as_shipped(results, "locked", {}, both_hand_over<under_a_lock<weakened_model>>);
    return results.exit_code();
}
