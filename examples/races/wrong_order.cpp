// SPDX-License-Identifier: BSL-1.0

// The handshake of munlock-isolate with one party the other way round: it looks whether the page is
// on a list, and then clears M. No barrier is missing, and none helps: putback comes in between.

#include "gallery.hpp"
#include "looks_first.hpp"

namespace races {

namespace {

template <class Page>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, putback_and_munlock<Page>);
}

}  // namespace

const race wrong_order{
    .name = "wrong-order",
    .source = "the order of Johannes Weiner's mail of 2 October 2009, reversed on one side",
    .story = "a page stays unevictable: munlock looks first, then clears the flag",
    .rule = "each writes, then looks",
    .kind = failure_kind::assertion,
    .with = {},
    .broken = {"a user's handshake, whose munlock looks at L, then clears M",
               run<one_word_page<munlock_looks_first>>},
    .fixed = {"flags::one_word: clear M, then look", run<one_word_page<>>},
};

}  // namespace races
