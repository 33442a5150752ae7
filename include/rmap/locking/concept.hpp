// SPDX-License-Identifier: BSL-1.0
#pragma once

// The locking axis: which locks an update of chains and a walk over them take. A discipline states
// what its walks are worth; generic code asks (compat.hpp) instead of naming disciplines.
//
//   root           one lock for a whole fork tree; complete (Linux since 2.6.36)
//   sharded_root   the same in shards by offset: unrelated pages do not wait; complete (ours)
//   lock_all       an update locks every anon_vma of the vma's chain; complete (seed 002)
//   per_anon_vma   a change of a range locks the vma's own anon_vma; best effort (Linux 2.6.34)
//   seq_retry      the same with a counter at which walks look; best effort (seed 003)

#include <concepts>
#include <cstdint>
#include <type_traits>

#include <rmap/core/config.hpp>
#include <rmap/core/types.hpp>

namespace rmap::inline RMAP_ABI {

template <class Policy>
class anon_vma;

/// How a walk takes its lock.
enum class walk_mode : unsigned char {
    wait,      // until it has it
    try_lock,  // or not at all: the walk's status is then `contended`
};

/// The offsets of pages that an update is about, both ends included.
struct offsets {
    pgoff_t first = 0;
    pgoff_t last = 0;
};

/// Says that an update gives a vma its first link.
struct first_link {
    explicit constexpr first_link() noexcept = default;
};

/// A locking discipline, for a given policy.
template <class L, class Policy>
concept locking_discipline = requires(anon_vma<Policy>& av, walk_mode mode) {
    // Whether a walk meets every place where the page is mapped during the whole walk (I1).
    { L::walk_is_complete } -> std::convertible_to<bool>;
    // A guard: the chains that lead to `av` may be changed. Made from nothing it holds nothing.
    // What a change of all that a vma is linked to takes beyond its own anon_vma's guard, the
    // discipline says by the optional members below.
    typename L::template update<Policy>;
    requires std::is_nothrow_constructible_v<typename L::template update<Policy>,
                                             anon_vma<Policy>&>;
    requires std::is_nothrow_default_constructible_v<typename L::template update<Policy>>;
    // False only if the caller surely holds no update guard for `av`: for the checks of debug
    // level 2.
    { L::template may_update<Policy>(av) } noexcept -> std::same_as<bool>;
    // A guard: the chains of `av` stand still. owns() is false if the mode is try_lock and it had
    // to wait.
    typename L::template walk<Policy>;
    requires std::is_nothrow_constructible_v<typename L::template walk<Policy>, anon_vma<Policy>&,
                                             walk_mode>;
    requires requires(const typename L::template walk<Policy>& w) {
        { w.owns() } noexcept -> std::same_as<bool>;
        // Whether `av` still belongs to what was locked: a recycled one may not.
        { w.covers(av) } noexcept -> std::same_as<bool>;
    };
};

// ---- What a discipline may have besides. None of it costs those that have it not.
//
//   one_lock_a_tree   a fact, true: the update guard of any member guards the whole fork tree
//   looks_past_root   a fact, true: every update of a tree holds the lock of its root exclusively,
//                     and nothing else keeps walks away; so a walk may look past that lock, if the
//                     lock tells of writers (optimistic_lock)
//   whole_chains      a fact, true: update<Policy> is also made from (vma_hook&, lock&), for
//                     changes of all that a vma is linked to, and from (anon_vma&, lock&), for
//                     the first link of a vma; the lock is the space's anon_vma_chain_lock
//   by_offset         a fact, true: update<Policy> is also made from (anon_vma&, offsets), for
//                     changes of a vma that has or gets these, and from (anon_vma&, offsets,
//                     first_link); walk<Policy> from (anon_vma&, mode, index), and its outside(f)
//                     calls f() while links of vmas that do not cover the index may change
//   own_comes_first   a fact, true: it locks a vma's own anon_vma before the rest of the chain. As
//                     who locks two takes the newer first, no other may be newer
//   slot<Policy>      what each anon_vma carries for it, in the member `locking`
//   relink<Policy>    a guard made from a vma's hook and held, inside the update guard of its own
//                     anon_vma, while links of it change, but not while its range does
//   walk<Policy>      may have look(hook, read): calls read() and tells whether what that read of
//                     the vma counts; if it does not, the walk begins again

namespace detail {

template <class Policy>
struct no_relink {
    template <class Hook>
    explicit constexpr no_relink(const Hook&) noexcept {}
};

template <class Policy, class L>
struct relink_of {
    using type = no_relink<Policy>;
};
template <class Policy, class L>
    requires requires { typename L::template relink<Policy>; }
struct relink_of<Policy, L> {
    using type = typename L::template relink<Policy>;
};

}  // namespace detail

/// Held while links of a vma change.
template <class Policy>
using relink_guard = typename detail::relink_of<Policy, typename Policy::locking>::type;

template <class L>
concept locks_one_a_tree = requires { requires L::one_lock_a_tree; };
template <class L>
concept looks_past_root = requires { requires L::looks_past_root; };
template <class L>
concept locks_whole_chains = requires { requires L::whole_chains; };
template <class L>
concept locks_by_offset = requires { requires L::by_offset; };
template <class L>
concept locks_own_first = requires { requires L::own_comes_first; };

/// Whether a walk may have to begin again.
template <class Walk, class Hook>
concept looks_again = requires(const Walk& walk, const Hook& hook, void (&read)()) {
    { walk.look(hook, read) } noexcept -> std::same_as<bool>;
};

}  // namespace rmap::inline RMAP_ABI
