// SPDX-License-Identifier: BSL-1.0
#pragma once

// Every rule between two axes, and between an axis and what a walk asks for: a static_assert each,
// which names both and the remedy. Axes do not know each other; what one must know of another is a
// fact that it states as a constexpr member.

#include <concepts>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locks/concept.hpp>
#include <rmap/topologies/concept.hpp>

namespace rmap::inline RMAP_ABI {

/// What a walk is for.
enum class need : unsigned char {
    complete,  // it must meet every place: migration, a page taken away
    may_miss,  // it may miss one that moves at that moment: ageing
    unsound,   // it must be complete, but the discipline cannot give that, and the caller knows
};

namespace detail {

template <class T>
constexpr bool thread_safe_atomics() noexcept {
    return !std::same_as<typename T::atomics, atomics::single>;
}

/// A topology says so if its visit() bears that links and ranges of vmas which do not cover the
/// index change between two calls of f. A list does not: it reads the range of every vma in it.
template <class Policy>
constexpr bool steps_singly() noexcept {
    return requires { requires Policy::topology::steps_singly; };
}

/// A merge rule asks whether a vma was inherited unless it says that it does not.
template <class Merge>
constexpr bool asks_inherited() noexcept {
    if constexpr (requires { { Merge::asks_inherited } -> std::convertible_to<bool>; }) {
        return Merge::asks_inherited;
    } else {
        return true;
    }
}

/// A lock excludes others unless it says that it does not.
template <class Lock>
constexpr bool excludes() noexcept {
    if constexpr (requires { { Lock::excludes } -> std::convertible_to<bool>; }) {
        return Lock::excludes;
    } else {
        return true;
    }
}

}  // namespace detail

/// Instantiated by the facade, for its messages.
template <class Policy>
struct compatible_axes {
    static_assert(
        detail::thread_safe_atomics<Policy>() || !detail::excludes<typename Policy::lock>(),
        "rmap: axes 'atomics' and 'lock' contradict each other: atomics::single is for one "
        "thread, the lock is for several. Use lock = rmap::locks::none, or "
        "atomics = rmap::atomics::builtin");
    static_assert(
        detail::thread_safe_atomics<Policy>() || !Policy::lifetime::stale_pointers_are_readable,
        "rmap: axes 'atomics' and 'lifetime' contradict each other: atomics::single is for "
        "one thread, which has no stale readers. Use "
        "lifetime = rmap::lifetimes::caller_held");
    static_assert(
        !detail::asks_inherited<typename Policy::merge>() ||
            tells_inherited<typename Policy::topology>,
        "rmap: axes 'merge' and 'topology' contradict each other: the merge rule asks whether "
        "a vma is linked to more than one anon_vma (it does not say asks_inherited = false), which "
        "this topology cannot say. Use topology = rmap::topologies::chain_tree or "
        "merge = rmap::merges::adjacent");
    static_assert(
        Policy::topology::has_links || !(locks_whole_chains<typename Policy::locking> ||
                                         locks_by_offset<typename Policy::locking> ||
                                         locks_own_first<typename Policy::locking>),
        "rmap: axes 'locking' and 'topology' contradict each other: the discipline locks each "
        "anon_vma that a vma is linked to, which this topology cannot enumerate. Use "
        "locking = rmap::locking::root or topology = rmap::topologies::chain_tree");
    static_assert(
        !needs_tree_lock<typename Policy::topology> || locks_one_a_tree<typename Policy::locking>,
        "rmap: axes 'locking' and 'topology' contradict each other: under this topology an update "
        "changes what belongs to other members of the family, so one lock must guard all of it. "
        "Use locking = rmap::locking::root or topology = rmap::topologies::chain_tree");
    static_assert(
        !locks_by_offset<typename Policy::locking> || detail::steps_singly<Policy>(),
        "rmap: axes 'locking' and 'topology' contradict each other: under this discipline links of "
        "other vmas may change between two calls of a walk's visitor, which this topology's "
        "visit() does not bear, or does not say so (steps_singly). Use "
        "locking = rmap::locking::root or topology = rmap::topologies::chain_tree");
    static_assert(
        !locks_own_first<typename Policy::locking> || !Policy::merge::may_reuse(0, 0),
        "rmap: axes 'locking' and 'merge' contradict each other: the discipline locks a vma's own "
        "anon_vma first and newer ones never after it, but where a fork child may reuse an "
        "ancestor's, its own is not the newest. Use locking = rmap::locking::root or "
        "rmap::locking::lock_all, or merge = rmap::merges::never");
    static_assert(
        !is_exact<typename Policy::topology> || locks_one_a_tree<typename Policy::locking>,
        "rmap: axes 'locking' and 'topology' contradict each other: under an exact topology walks "
        "lock the page's own chain and no anon_vma, so what this discipline does for them is done "
        "for nobody. Use locking = rmap::locking::root");
    static constexpr bool value = true;
};

/// Instantiated by each walk. `Unlocked`: its visitor says that it needs no lock.
template <class Policy, need Need, bool Unlocked = false>
struct compatible_walk {
    static_assert(
        !Unlocked || Need != need::complete,
        "rmap: a visitor that says needs_lock = false is called when the walk is over, and misses "
        "what moves or forks meanwhile. Ask for need::may_miss, or say need::unsound if nothing "
        "can; for a complete walk leave needs_lock out");
    static_assert(
        Need != need::complete || Policy::locking::walk_is_complete,
        "rmap: a complete walk needs a 'locking' discipline whose walks are complete. Use "
        "locking = rmap::locking::root or rmap::locking::lock_all, or ask for need::may_miss "
        "(ageing), or say need::unsound");
    static constexpr bool value = true;
};

/// Instantiated by each walk from an anon_vma.
template <class Policy>
struct compatible_walk_from {
    static_assert(!is_exact<typename Policy::topology>,
                  "rmap: under an exact 'topology' no anon_vma leads to a vma, so there is no walk "
                  "from one. Use walk(page), which finds the places also when no entry maps it");
    static constexpr bool value = true;
};

/// Instantiated by take_all_locks.
template <class Policy>
struct compatible_all_locks {
    static_assert(!is_exact<typename Policy::topology>,
                  "rmap: take_all_locks stops the walks of anon_vmas and files; under an exact "
                  "'topology' walks lock pages. Use another topology");
    static_assert(locks_one_a_tree<typename Policy::locking>,
                  "rmap: take_all_locks needs a 'locking' discipline in which one lock guards a "
                  "fork tree, as there is no order in which the locks of several chains could be "
                  "held at once. Use locking = rmap::locking::root");
    static_assert(requires(typename Policy::lock& l) { { l.lock() } -> std::same_as<void>; },
                  "rmap: take_all_locks holds any number of locks and cannot keep the tokens of a "
                  "'lock' whose lock() returns one. Use a lock without a token");
    static constexpr bool value = true;
};

}  // namespace rmap::inline RMAP_ABI
