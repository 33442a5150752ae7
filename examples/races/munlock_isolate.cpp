// SPDX-License-Identifier: BSL-1.0

// Who munlocks a page clears M, then looks whether it is on a list (L), to move it to the evictable
// one. Who puts it on the unevictable list sets L, then looks whether it is still mlocked. If each
// looks before the other sees its write, nobody moves the page: it is store buffering. The mail
// puts a barrier on one side, and wonders whether it is needed where both flags share a word.

#include "gallery.hpp"
#include "small_lru.hpp"

namespace races {

namespace {

/// Flags that are set and cleared by a load and a store, which is enough with one flag in a word.
/// It says that they are full barriers, so that split_word leaves its fences out; they are not.
struct plain_setters : model {
    static constexpr bool kernel_rmw = true;

    template <class T>
    class atomic : public model::atomic<T> {
        using base = model::atomic<T>;
        using where = rmap::verify::location;

    public:
        using base::base;
        T fetch_or(T operand, order, where at = where::current()) noexcept {
            const T before = base::load(order::acquire, at);
            base::store(static_cast<T>(before | operand), order::release, at);
            return before;
        }
        T fetch_and(T operand, order, where at = where::current()) noexcept {
            const T before = base::load(order::acquire, at);
            base::store(static_cast<T>(before & operand), order::release, at);
            return before;
        }
    };
};

template <class Page>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, putback_and_munlock<Page>);
}

}  // namespace

const race munlock_isolate{
    .name = "munlock-isolate",
    .source = "Johannes Weiner, 2 October 2009; Linux 6a7b95481d49",
    .story = "a page stays unevictable: putback and munlock each miss the other's flag",
    .rule =
        "two flags, two parties: each writes its flag, then looks at the other's, with a "
        "full barrier in between or in one word",
    .kind = failure_kind::assertion,
    .with = {.store_buffers = true},
    .broken = {"flags in two words, set by plain stores, and no barrier",
               run<two_word_page<plain_setters>>},
    .fixed = {"flags::one_word: both in one word, relaxed", run<one_word_page<>>},
    .also_fixed = {{"flags::split_word: a fence on each side", run<two_word_page<model>>},
                   {"flags::locked: both parties under the lock of the lists", run<locked_page>}},
};

}  // namespace races
