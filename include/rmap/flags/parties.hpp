// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the two parties of a handshake get for the first half of their work: the object that alone
// does the second half. Nothing else makes one, so nobody looks before the own flag is written.
//
// Names are those of the story (handshake.hpp): M says that a page is mlocked, L that it is on the
// LRU's lists. The munlocker clears M, then looks at L; the isolator sets L, then looks at M.

#include <concepts>
#include <type_traits>
#include <utility>

#include <rmap/core/atomics.hpp>
#include <rmap/core/check.hpp>
#include <rmap/core/config.hpp>
#include <rmap/flags/page_flags.hpp>
#include <rmap/locks/concept.hpp>
#include <rmap/locks/guard.hpp>

namespace rmap::inline RMAP_ABI::flags {

/// The munlocker's: M is clear. MUST be looked at, or the page may rest on the wrong list.
template <class Form>
class [[nodiscard]] mlock_cleared {
public:
    mlock_cleared(const mlock_cleared&) = delete;
    mlock_cleared& operator=(const mlock_cleared&) = delete;

    /// Whether this call cleared M: of several munlockers, one is told so.
    [[nodiscard]] bool was_mlocked() const noexcept { return was_; }

    /// Whether L is set. If not, then an isolator that sets it later sees that M is clear: the page
    /// is its business.
    [[nodiscard]] bool on_lru() const noexcept {
        return lru_.template test<Form::lru, order::relaxed>();
    }
    /// Takes L away, if it is set: true for one of all that try at once. Handing is the order where
    /// L itself, and no lock, hands the page over: then acquire, beside putback<order::release>.
    template <order Handing = order::relaxed>
    [[nodiscard]] bool isolate() noexcept {
        return Form::access::template test_and_clear<Form::lru, Handing>(lru_);
    }

private:
    friend Form;
    using held = typename Form::held;

    mlock_cleared(typename Form::lru_word& lru, bool was, held&& h) noexcept
        : lru_{lru}, was_{was}, held_{std::move(h)} {}

    typename Form::lru_word& lru_;
    bool was_;
    [[no_unique_address]] held held_;
};

/// The isolator's: L is set. MUST be looked at, or the page may rest on the wrong list.
template <class Form>
class [[nodiscard]] lru_set {
public:
    lru_set(const lru_set&) = delete;
    lru_set& operator=(const lru_set&) = delete;

    /// Whether L was set before: then somebody else put the page back, too.
    [[nodiscard]] bool was_on_lru() const noexcept { return was_; }

    /// Whether M is set. If so, then a munlocker that clears it later sees L: the page is its
    /// business. Handing: acquire, beside munlock<order::release>.
    template <order Handing = order::relaxed>
    [[nodiscard]] bool still_mlocked() const noexcept {
        return mlocked_.template test<Form::mlocked, Handing>();
    }
    /// Takes L away again, if nobody else did; to put the page on the other list.
    template <order Handing = order::relaxed>
    [[nodiscard]] bool isolate() noexcept {
        return Form::access::template test_and_clear<Form::lru, Handing>(lru_);
    }

private:
    friend Form;
    using held = typename Form::held;

    lru_set(typename Form::mlocked_word& mlocked, typename Form::lru_word& lru, bool was,
            held&& h) noexcept
        : mlocked_{mlocked}, lru_{lru}, was_{was}, held_{std::move(h)} {}

    typename Form::mlocked_word& mlocked_;
    typename Form::lru_word& lru_;
    bool was_;
    [[no_unique_address]] held held_;
};

/// In the place of the page lock's guard, where the word has no lock and none is named.
struct no_page_lock {};

namespace detail {

template <class Word>
struct page_lock_of {
    using type = no_page_lock;
};
template <exclusive_lock Word>
struct page_lock_of<Word> {
    using type = write_guard<Word>;
};

/// Nothing held.
struct nothing {};

template <class Word>
inline constexpr bool is_page_flags = false;
template <class Flag, class Atomics, class Word, class Check>
inline constexpr bool is_page_flags<page_flags<Flag, Atomics, Word, Check>> = true;

template <class Word>
inline constexpr bool is_unpublished = false;
template <class Flag, class Word>
inline constexpr bool is_unpublished<unpublished_flags<Flag, Word>> = true;

/// Names what is wrong with a word, or with a flag of it.
template <class Word, auto Flag>
struct place_diagnosis {
    static_assert(!is_unpublished<Word>,
                  "rmap: a handshake is between threads: unpublished flags are plain memory. Move "
                  "them into page_flags first.");
    static_assert(is_unpublished<Word> || is_page_flags<Word>,
                  "rmap: a handshake is over words of type page_flags.");
    static_assert(!is_page_flags<Word> || std::same_as<decltype(Flag), typename Word::flag_type>,
                  "rmap: the flag is not one of this word's enumeration. Two flags of different "
                  "words want split_word.");
    static_assert(!is_lock_flag<Flag>,
                  "rmap: the flag `locked` is the word's lock: it takes part in no handshake.");

    static constexpr bool passed = is_page_flags<Word>;
};

struct handshake_access {
    // Relaxed is enough for the handshake. Other orders are for parties that hand a page over by
    // the flags alone:
    //
    // Orders:     what a party did to the page before the other does something to it.
    // Pairs with: putback<order::release> with isolate<order::acquire>; and
    //             munlock<order::release> with still_mlocked<order::acquire>.
    // Otherwise:  putter: writes the page; L := 1 | taker: L := 0; reads the page as it was.
    // Proved by:  tests/explore/flags_orders_test.cpp, tests/explore/flags_handing_test.cpp
    template <auto F, order O, class Word>
    static bool test_and_set(Word& w) noexcept {
        return (w.word_.fetch_or(Word::template mask<F>(), O) & Word::template mask<F>()) != 0;
    }
    template <auto F, order O, class Word>
    static bool test_and_clear(Word& w) noexcept {
        return (w.word_.fetch_and(Word::template others<F>(), O) & Word::template mask<F>()) != 0;
    }

    /// What mlock and munlock_to_free ask of the guard that they are shown.
    template <class Wanted, class Given, class Word>
    static void page_lock_held([[maybe_unused]] const Given& held,
                               [[maybe_unused]] const Word& w) noexcept {
        static_assert(!std::same_as<Wanted, no_page_lock>,
                      "rmap: the word has no flag `locked`: name the guard of your page lock as "
                      "the handshake's last argument.");
        static_assert(
            std::same_as<Wanted, no_page_lock> || std::same_as<std::remove_cvref_t<Given>, Wanted>,
            "rmap: an explicit mlock, and a munlock before the page is freed, exclude "
            "each other by the page lock, which no barrier replaces: show its guard.");
        if constexpr (exclusive_lock<Word> &&
                      std::same_as<Wanted, typename page_lock_of<Word>::type>) {
            RMAP_CHECK_HELD(Word, held.owns(w), page_lock_not_held,
                            "an explicit mlock, or a munlock before a free, without the page lock");
        } else if constexpr (requires { held.owns(); }) {
            RMAP_CHECK_HELD(Word, held.owns(), page_lock_not_held,
                            "an explicit mlock, or a munlock before a free, without the page lock");
        }
    }
};

}  // namespace detail

}  // namespace rmap::inline RMAP_ABI::flags
