// SPDX-License-Identifier: BSL-1.0
#pragma once

// The lists of a user's memory manager, as small as the stories about page flags allow: one page,
// mlocked, on its way to the unevictable list (putback), while somebody munlocks it. The flags and
// who looks when are a form of the shipped handshake, or a user's own with the same names.

#include <cstdint>
#include <utility>

#include <rmap/flags/handshake.hpp>
#include <rmap/verify/explore.hpp>

namespace races {

using rmap::order;
using rmap::verify::model;
using rmap::verify::model_lock;
using rmap::verify::require;
using rmap::verify::test;

enum class pg : unsigned { lru, mlocked, count };
enum class pg_lru : unsigned { lru, count };
enum class pg_mlocked : unsigned { mlocked, count };

/// A word with that flag set.
template <class Word, auto Flag>
Word flagged() {
    typename Word::unpublished fresh;
    fresh.template set<Flag>();
    return Word{std::move(fresh)};
}

/// Both flags in one word.
template <class Form =
              rmap::flags::one_word<rmap::flags::page_flags<pg, model>, pg::mlocked, pg::lru>>
struct one_word_page {
    using form = Form;
    using word = rmap::flags::page_flags<pg, model>;

    explicit one_word_page(model_lock&) noexcept {}
    word flags = flagged<word, pg::mlocked>();
    typename form::place at{flags};
    void call(test& t) { t.name(flags, "flags (lru 1, mlocked 2)"); }
    [[nodiscard]] bool is_mlocked() const {
        return flags.template test<pg::mlocked, order::relaxed>();
    }
};

/// A word for each; `Atomics` may be such that the handshake leaves its fences out.
template <class Atomics>
struct two_word_page {
    using with_m = rmap::flags::page_flags<pg_mlocked, Atomics>;
    using with_l = rmap::flags::page_flags<pg_lru, Atomics>;
    using form = rmap::flags::split_word<with_m, pg_mlocked::mlocked, with_l, pg_lru::lru>;

    explicit two_word_page(model_lock&) noexcept {}
    with_m m = flagged<with_m, pg_mlocked::mlocked>();
    with_l l{};
    typename form::place at{m, l};
    void call(test& t) {
        t.name(m, "mlocked");
        t.name(l, "lru");
    }
    [[nodiscard]] bool is_mlocked() const {
        return m.template test<pg_mlocked::mlocked, order::relaxed>();
    }
};

/// A word for each, both parties under the lock of the lists.
struct locked_page {
    using with_m = rmap::flags::page_flags<pg_mlocked, model>;
    using with_l = rmap::flags::page_flags<pg_lru, model>;
    using form = rmap::flags::locked<with_m, pg_mlocked::mlocked, with_l, pg_lru::lru, model_lock>;

    explicit locked_page(model_lock& lru_lock) noexcept : at{m, l, lru_lock} {}
    with_m m = flagged<with_m, pg_mlocked::mlocked>();
    with_l l{};
    typename form::place at;
    void call(test& t) {
        t.name(m, "mlocked");
        t.name(l, "lru");
    }
    [[nodiscard]] bool is_mlocked() const { return m.test<pg_mlocked::mlocked, order::relaxed>(); }
};

template <class Page>
struct small_lru {
    enum class list : std::uint8_t { none, evictable, unevictable };
    using form = typename Page::form;
    using guard = rmap::write_guard<model_lock>;
    static constexpr bool under_the_lock = requires { typename form::lock_type; };

    model_lock lru_lock{};
    Page page{lru_lock};
    // Which list the page is on; EITHER read and written holding lru_lock, OR read at the end.
    model::plain<list> on{list::none};

    void call(test& t) {
        t.name(lru_lock, "lru_lock");
        page.call(t);
    }

    /// The page was found mlocked, and goes to the unevictable list; if it is not mlocked any more,
    /// to the other one.
    void putback() {
        guard held{lru_lock};
        rmap::verify::point("goes to the unevictable list");
        on = list::unevictable;
        if constexpr (under_the_lock) {
            auto listed = form::putback(page.at, std::move(held));
            if (!listed.still_mlocked() && listed.isolate()) on = list::evictable;
        } else {
            auto listed = form::putback(page.at);
            held.unlock();
            rmap::verify::point("still mlocked?");
            if (!listed.still_mlocked() && listed.isolate()) move();
        }
    }
    /// The last vma that had it mlocked is gone.
    void munlock() {
        rmap::verify::point("is mlocked no more");
        auto cleared = form::munlock(page.at);
        rmap::verify::point("on a list?");
        if (!cleared.was_mlocked() || !cleared.isolate()) return;
        if constexpr (under_the_lock) {
            on = list::evictable;
        } else {
            move();
        }
    }
    /// A page that rests on the unevictable list without reason: it takes memory that nobody can
    /// reclaim.
    [[nodiscard]] bool is_stranded() const { return on == list::unevictable && !page.is_mlocked(); }
    /// Looks through the unevictable list, and puts back what does not belong there: how many.
    unsigned rescue() {
        if (!is_stranded()) return 0;
        on = list::evictable;
        return 1;
    }

private:
    void move() {
        const guard held{lru_lock};
        on = list::evictable;
    }
};

/// The two parties once; nothing may be stranded.
template <class Page>
void putback_and_munlock(test& t) {
    small_lru<Page> lru;
    lru.call(t);
    t.thread("putback", [&] { lru.putback(); });
    t.thread("munlock", [&] { lru.munlock(); });
    t.run();
    require(!lru.is_stranded(), "the page stays on the unevictable list, and is not mlocked");
}

}  // namespace races
