// SPDX-License-Identifier: BSL-1.0

// Since 5.18 Linux munlocks in batches. Who drains one of munlocks takes the page from its list, if
// it is on one, and then clears M; who drains one of new pages reads M under the lock of the lists,
// chooses the list by it, and sets L last. The full barrier of 2009 went away with the reason that
// M is cleared under that lock; but a page that is on no list is cleared without it. So both decide
// before they write, and a page can end up on the unevictable list without M. It is not lost: it
// can be reclaimed when somebody looks through that list, and is freed like any other.

#include "gallery.hpp"
#include "looks_first.hpp"

namespace races {

namespace {

template <class Page>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, putback_and_munlock<Page>);
}

/// Afterwards somebody looks through the unevictable list.
explore_result run_and_rescue(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [](test& t) {
        small_lru<one_word_page<both_decide_first>> lru;
        lru.call(t);
        t.thread("drains new pages", [&] { lru.putback(); });
        t.thread("drains munlocks", [&] { lru.munlock(); });
        t.run();
        const bool was = lru.is_stranded();
        require(lru.rescue() == (was ? 1U : 0U) && !lru.is_stranded(), "the page is lost");
    });
}

}  // namespace

const race drain_order{
    .name = "drain-order",
    .source = "Linux since 5.18, mm/mlock.c and mm/swap.c, as we read them; nobody has reported it",
    .story = "a page stays unevictable: both decide what to do before they write their flag",
    .rule = "each writes, then looks",
    .kind = failure_kind::assertion,
    .with = {},
    .broken = {"a user's handshake, in which both look first, as Linux drains its batches",
               run<one_word_page<both_decide_first>>},
    .fixed = {"flags::one_word: each writes, then looks", run<one_word_page<>>},
    .also_fixed = {{"the same order, and a walk over the unevictable list: counted, not lost",
                    run_and_rescue}},
};

}  // namespace races
