// SPDX-License-Identifier: BSL-1.0
#pragma once

// Handshakes of a user's own that have the shape of the shipped ones and look before they write:
// what flags/handshake.hpp does not let anybody do by mistake.

#include "small_lru.hpp"

namespace races {

using one_word = rmap::flags::one_word<rmap::flags::page_flags<pg, model>, pg::mlocked, pg::lru>;

/// munlock() looks whether the page is on a list, then clears M.
struct munlock_looks_first : one_word {
    struct cleared {
        bool was;
        bool on_list;
        place at;

        [[nodiscard]] bool was_mlocked() const noexcept { return was; }
        [[nodiscard]] bool on_lru() const noexcept { return on_list; }
        [[nodiscard]] bool isolate() const noexcept { return on_list && one_word::isolate(at); }
    };
    [[nodiscard]] static cleared munlock(place at) noexcept {
        const bool on_list = at.word.test<pg::lru, order::seq_cst>();
        return {at.word.test_and_clear<pg::mlocked, order::seq_cst>(), on_list, at};
    }
};

/// Both parties decide first: munlock() takes the page from its list if it is on one, then clears
/// M; putback() sets L, and goes by what M was before. That is how Linux drains its batches.
struct both_decide_first : one_word {
    struct cleared {
        bool was;
        bool took;

        [[nodiscard]] bool was_mlocked() const noexcept { return was; }
        [[nodiscard]] bool on_lru() const noexcept { return took; }
        [[nodiscard]] bool isolate() const noexcept { return took; }
    };
    [[nodiscard]] static cleared munlock(place at) noexcept {
        const bool took = one_word::isolate<order::seq_cst>(at);
        return {at.word.test_and_clear<pg::mlocked, order::seq_cst>(), took};
    }

    struct listed {
        bool was;
        bool mlocked;
        place at;

        [[nodiscard]] bool was_on_lru() const noexcept { return was; }
        [[nodiscard]] bool still_mlocked() const noexcept { return mlocked; }
        [[nodiscard]] bool isolate() const noexcept { return one_word::isolate(at); }
    };
    [[nodiscard]] static listed putback(place at) noexcept {
        const bool mlocked = at.word.test<pg::mlocked, order::seq_cst>();
        return {at.word.test_and_set<pg::lru, order::seq_cst>(), mlocked, at};
    }
};

static_assert(rmap::flags::handshake_form<munlock_looks_first>);
static_assert(rmap::flags::handshake_form<both_decide_first>);

}  // namespace races
