// SPDX-License-Identifier: BSL-1.0
#pragma once

// The LRU lists: each page is on one of three, inactive, active or unevictable, or is isolated by
// somebody who works with it. Who takes a page off owns its place until he puts it back. A page
// goes where its mlocked flag says; who changes that flag moves the page, and if it is isolated,
// leaves it to who has it: that one sets lru, then looks at mlocked (mm/mlock.hpp has the other
// side).
//
// A page on a list needs no reference for that: who frees it takes it off first, and who takes one
// off a list to work with it asks whether it still has any.

#include <cstddef>
#include <cstdint>
#include <utility>

#include <rmap/core/list.hpp>
#include <rmap/core/lock_rank.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/mm/page.hpp>

namespace rmap::inline RMAP_ABI::mm {

/// Numbers of pages, then of events since the beginning.
struct lru_counts {
    std::size_t inactive = 0;
    std::size_t active = 0;
    std::size_t unevictable = 0;
    std::size_t mlocked = 0;     // pages that have the flag, on a list or isolated
    std::uint64_t rescued = 0;   // moved off the unevictable list: no locked vma maps it any more
    std::uint64_t stranded = 0;  // mlocked changed while the page was isolated: left to who has it
    std::uint64_t restored = 0;  // reclaim found a locked vma and set the flag, which was missing
};

template <class Policy>
class lru_lists {
    using atomics = typename Policy::atomics;
    using page_type = page<Policy>;
    using list_type = list<atomics>;
    using guard = write_guard<typename Policy::lock>;
    template <class T>
    using plain = typename atomics::template plain<T>;
    using flag = page_flag;
    using handshake = mlock_handshake<Policy>;

public:
    enum which : unsigned { inactive, active, unevictable, count };

    /// Over the lists, and over the flags that say where a page is. May be taken holding any lock
    /// of the mm; nothing is taken under it.
    lock_of_rank<Policy, lock_rank::lru> lock{};

    /// A page that the caller alone knows.
    void add_new(page_type& p) noexcept {
        typename page_flags<Policy>::unpublished fresh;
        fresh.template set<flag::lru>();
        const guard held{lock};
        p.flags.publish(std::move(fresh));
        insert(inactive, p);
    }

    /// Takes a page off its list; the caller has a reference, or the lock of an entry that maps it.
    /// False: it is isolated already.
    [[nodiscard]] bool isolate(page_type& p) noexcept {
        const guard held{lock};
        return take_off(p);
    }

    /// Takes the oldest inactive page off, and gets a reference. Null: there is none.
    [[nodiscard]] page_type* isolate_oldest() noexcept {
        const guard held{lock};
        for (auto* at = lists_[inactive].back(); at != nullptr; at = lists_[inactive].prev(*at)) {
            auto& p = static_cast<page_type&>(*at);
            // One whose references are gone is being freed, and its owner waits for this lock.
            if (!p.try_get()) continue;
            static_cast<void>(take_off(p));
            return &p;
        }
        return nullptr;
    }

    /// Puts a page that the caller has isolated where it belongs.
    void putback(page_type& p) noexcept {
        const guard held{lock};
        put_on(p);
    }

    /// Puts a page whose mlocked flag has changed where it belongs now; as in isolate(). False: it
    /// is isolated, and left to who has it.
    bool move(page_type& p) noexcept {
        const guard held{lock};
        const bool was_unevictable = p.flags.template test<flag::unevictable, order::relaxed>();
        if (!take_off(p)) return false;
        put_on(p);
        if (was_unevictable && !p.flags.template test<flag::unevictable, order::relaxed>()) {
            rescued_ = rescued_ + 1;
        }
        return true;
    }

    /// As long as more pages are active than inactive, the oldest active one becomes inactive.
    void age() noexcept {
        const guard held{lock};
        while (lengths_[active] > lengths_[inactive]) {
            auto& p = static_cast<page_type&>(*lists_[active].back());
            erase(active, p);
            p.flags.template clear<flag::active, order::relaxed>();
            insert(inactive, p);
        }
    }

    /// Takes the first pages, at most `most`, of a chain by `next` off their lists, and returns the
    /// one that comes then. No reference to any is left, so their flags are steady, but for what is
    /// done under the lock.
    page_type* forget(page_type* chain, unsigned most) noexcept {
        const guard held{lock};
        for (; chain != nullptr && most != 0; chain = chain->next, --most) {
            if (chain->flags.template test<flag::lru, order::relaxed>()) {
                erase(list_of(*chain), *chain);
            }
        }
        return chain;
    }

    // ---- what mm/mlock.hpp and mm/reclaim.hpp count
    //   Orders:     nothing: numbers for who looks; nobody decides by them.
    //   Pairs with: nothing.
    //   Otherwise:  counts() may be late while others are inside; at rest it is right.
    //   Proved by:  tests/explore/lru_test.cpp

    void one_mlocked_more() noexcept { mlocked_.fetch_add(1, order::relaxed); }
    void one_mlocked_less() noexcept { mlocked_.fetch_sub(1, order::relaxed); }
    void one_stranded() noexcept { stranded_.fetch_add(1, order::relaxed); }
    void one_restored() noexcept { restored_.fetch_add(1, order::relaxed); }

    [[nodiscard]] lru_counts counts() noexcept {
        const guard held{lock};
        return {lengths_[inactive],
                lengths_[active],
                lengths_[unevictable],
                mlocked_.load(order::relaxed),
                rescued_,
                stranded_.load(order::relaxed),
                restored_.load(order::relaxed)};
    }

    /// f(page) for each of a list, from the newest; for moments at which nobody else is inside.
    template <class F>
    void for_each(which of, F f) {
        for (auto* at = lists_[of].front(); at != nullptr; at = lists_[of].next(*at))
            f(static_cast<page_type&>(*at));
    }

private:
    [[nodiscard]] static which list_of(const page_type& p) noexcept {
        if (p.flags.template test<flag::unevictable, order::relaxed>()) return unevictable;
        return p.flags.template test<flag::active, order::relaxed>() ? active : inactive;
    }
    void insert(which to, page_type& p) noexcept {
        lists_[to].push_front(p);
        lengths_[to] = lengths_[to] + 1;
    }
    void erase(which from, page_type& p) noexcept {
        list_type::erase(p);
        lengths_[from] = lengths_[from] - 1;
    }
    // The isolator's and the munlocker's try for the page: one gets it.
    [[nodiscard]] bool take_off(page_type& p) noexcept {
        if (!handshake::isolate(p.flags)) return false;
        erase(list_of(p), p);
        return true;
    }
    void put_on(page_type& p) noexcept {
        const bool mlocked = handshake::putback(p.flags).still_mlocked();
        if (mlocked) {
            p.flags.template set<flag::unevictable, order::relaxed>();
        } else if (p.flags.template test<flag::unevictable, order::relaxed>()) {
            p.flags.template clear<flag::unevictable, order::relaxed>();
        }
        insert(list_of(p), p);
    }

    // Read and written holding the lock.
    list_type lists_[count];
    plain<std::size_t> lengths_[count]{};
    plain<std::uint64_t> rescued_{};
    // By anyone.
    typename atomics::template atomic<std::size_t> mlocked_{};
    typename atomics::template atomic<std::uint64_t> stranded_{};
    typename atomics::template atomic<std::uint64_t> restored_{};
};

}  // namespace rmap::inline RMAP_ABI::mm
