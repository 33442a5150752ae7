// SPDX-License-Identifier: BSL-1.0
#pragma once

// The flags of a page of the reference mm, in one word, and who may change which:
//
//   lru          holding the lru lock: the page is on the list that the next two say
//   unevictable  the same
//   active       the same, OR by whoever has the page isolated
//   mlocked      set holding the lock of an entry that maps the page in a locked vma; cleared
//                holding the page lock, by whoever has taken munlocking
//   munlocking   set holding the lock of an entry that maps the page, or did until now; cleared
//                holding the page lock, by the same thread (mm/mlock.hpp)
//
// Read by anyone; and whoever is alone with the page does as he likes.

#include <cstdint>

#include <rmap/core/lock_rank.hpp>
#include <rmap/flags/handshake.hpp>
#include <rmap/locks/guard.hpp>

namespace rmap::inline RMAP_ABI::mm {

enum class page_flag : unsigned { lru, unevictable, active, mlocked, munlocking, count };

template <class Policy>
using page_flags =
    flags::page_flags<page_flag, typename Policy::atomics, std::uint32_t, typename Policy::check>;

/// Holds the lock of a leaf of page-table entries.
template <class Policy>
using entry_guard = write_guard<lock_of_rank<Policy, lock_rank::pte>>;

/// Who clears mlocked looks at lru afterwards, who sets lru looks at mlocked. Who sets mlocked
/// holds an entry that maps the page: so the page is not freed meanwhile, and whoever takes the
/// entry away comes later and finds the flag.
template <class Policy>
using mlock_handshake =
    flags::one_word<page_flags<Policy>, page_flag::mlocked, page_flag::lru, entry_guard<Policy>>;

}  // namespace rmap::inline RMAP_ABI::mm

template <>
inline constexpr bool rmap::flags::in_handshake<rmap::mm::page_flag::lru> = true;
template <>
inline constexpr bool rmap::flags::in_handshake<rmap::mm::page_flag::mlocked> = true;
