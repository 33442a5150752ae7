// SPDX-License-Identifier: BSL-1.0
#pragma once

// mlock and munlock of pages. The mlocked flag says that a locked vma maps the page; whoever makes
// that true sets it, under the entry's lock, and whoever makes it false has it cleared when it is
// true nowhere else. A walk of the reverse map finds out. docs/mlock.md has the whole protocol.

#include <cstdint>

#include <rmap/locks/guard.hpp>
#include <rmap/mm/context.hpp>

namespace rmap::inline RMAP_ABI::mm {

template <class Policy>
class dead_pages;

/// An entry maps the page in a locked vma; the guard holds the entry's lock. Whether the flag was
/// not there, and is now by this call.
template <class Policy>
bool mlock_page(context<Policy>& ctx, page<Policy>& p, const entry_guard<Policy>& held) noexcept {
    //   Orders:     nothing: the entry's lock does.
    //   Pairs with: mlock_again, by that lock.
    //   Otherwise:  mlock: sees mlocked = 1, and does nothing | munlock: mlocked := 0 before, not
    //               seen yet; its walk comes to this entry afterwards, and sets the flag.
    //   Proved by:  tests/explore/lru_test.cpp
    if (p.flags.template test<page_flag::mlocked, order::relaxed>()) return false;
    if (mlock_handshake<Policy>::mlock(p.flags, held)) return false;
    ctx.lru.one_mlocked_more();
    // The flag first, then the look at the lists: so this is the munlocker's side as well.
    if (!ctx.lru.move(p)) ctx.lru.one_stranded();
    return true;
}

/// Whether an entry that a walk has met lies in a locked vma. The entry's lock is held.
template <class Policy, class Place>
[[nodiscard]] bool in_locked_vma(const Place& place, const leaf<Policy>& l) noexcept {
    if constexpr (is_exact<typename Policy::topology>) {
        return l.locked(place.address());
    } else {
        return place.vma().locked();
    }
}

/// What mlock_again found. Where a locked vma maps the page, it has the mlocked flag now.
enum class locked_vma : std::uint8_t { none, flag_was_there, flag_was_missing };

/// Whether a locked vma maps the page; if the flag was not there, it was set here. The caller holds
/// the page lock and nothing further down.
template <class Policy>
locked_vma mlock_again(context<Policy>& ctx, page<Policy>& p) {
    locked_vma found = locked_vma::none;
    static_cast<void>(ctx.map.walk(p, [&](const auto& place) {
        leaf<Policy>* const l = place.mm().table.find(place.address());
        if (l == nullptr) return true;
        const entry_guard<Policy> held{l->lock};
        // Under the entry's lock: so whoever takes the entry away, or unlocks the vma, comes before
        // this look or after the flag is set. That the vma covers the page is not enough. And no
        // look at the vma without the lock, which would save it where the vma is not locked:
        //   Orders:     mlocked is cleared before this look; a vma locked before the flag is read.
        //   Pairs with: who locks a vma or maps in a locked one, by this lock.
        //   Otherwise:  munlock: mlocked := 0 (not seen yet); sees locked = 0
        //             | mlock: locked := 1 (not seen yet); locks the entry; sees mlocked = 1.
        //   Proved by:  tests/explore/lru_test.cpp
        if (l->at(place.address()).mapped() != &p || !in_locked_vma(place, *l)) return true;
        found =
            mlock_page(ctx, p, held) ? locked_vma::flag_was_missing : locked_vma::flag_was_there;
        return false;
    }));
    return found;
}

/// One locked vma less maps the page. The caller has a reference, the flag munlocking, and no lock
/// that comes after the mmap_lock.
template <class Policy>
void munlock_page(context<Policy>& ctx, page<Policy>& p) {
    const write_guard locked{p.lock};
    // Before the look, so that whoever comes from now on takes it anew.
    //   Orders:     this thread's use of page::next before the next taker's.
    //   Pairs with: dead_pages::take_munlocking.
    //   Otherwise:  T1 reads the link, lets go of the flag | T2 takes it, writes the link: T1's
    //               chain goes on with T2's pages.
    //   Proved by:  tests/explore/lru_test.cpp
    p.flags.template clear<page_flag::munlocking, order::release>();
    const auto cleared = mlock_handshake<Policy>::munlock(p.flags);
    if (!cleared.was_mlocked()) return;
    ctx.lru.one_mlocked_less();
    // Cleared first, then looked for: a vma that is locked meanwhile finds the flag clear, and sets
    // it itself.
    if (mlock_again(ctx, p) != locked_vma::none) return;
    if (!cleared.on_lru() || !ctx.lru.move(p)) ctx.lru.one_stranded();
}

/// The pages of [from, to), whose vmas have become locked, or are not locked any more. Under the
/// mmap_lock, exclusively.
template <class Policy>
void mlock_range(context<Policy>& ctx, address_space<Policy>& in, pgno from, pgno to) {
    in.table.for_each_leaf(from, to, [&](leaf<Policy>& l) {
        const entry_guard<Policy> held{l.lock};
        l.for_each(from, to, [&](pgno where, pte<Policy> entry) {
            l.set_locked(where, true);
            if (page<Policy>* p = entry.mapped()) mlock_page(ctx, *p, held);
            return true;
        });
    });
}
template <class Policy>
void munlock_range(address_space<Policy>& in, pgno from, pgno to, dead_pages<Policy>& dead) {
    in.table.for_each_leaf(from, to, [&](leaf<Policy>& l) {
        const write_guard held{l.lock};
        l.for_each(from, to, [&](pgno where, pte<Policy> entry) {
            l.set_locked(where, false);
            if (page<Policy>* p = entry.mapped()) dead.munlock_later(*p);
            return true;
        });
    });
}

}  // namespace rmap::inline RMAP_ABI::mm
