// SPDX-License-Identifier: BSL-1.0
#pragma once

// cow_spares: what a family of topologies::cow_tree has for its next forks: anon_vmas that nobody
// uses and that wait, and members without active vmas, which a fork may take over. The root knows
// both, and tells without the lock whether there is neither.

#include <cstdint>

#include <rmap/core/atomics.hpp>
#include <rmap/core/config.hpp>
#include <rmap/model/anon_vma.hpp>
#include <rmap/topologies/cow_kin.hpp>

namespace rmap::inline RMAP_ABI {

namespace topologies {

/// A base of the topology. But for fork_takes_fresh(), all of it needs the update guard.
struct cow_spares {
    /// Whether the family has an anon_vma without active vmas.
    template <class Policy>
    [[nodiscard]] static bool any_idle(const anon_vma<Policy>& av) noexcept {
        return av.root.load(rmap::order::relaxed)->links.slot != 0;
    }

    /// An anon_vma has no active vma any more (+1), has one again, or goes (-1).
    template <class Policy>
    [[gnu::noinline]] static void idle_changed(anon_vma<Policy>& av, int by) noexcept {
        anon_vma<Policy>& root = *av.root.load(rmap::order::relaxed);
        auto& idle = root.links.slot;
        if (idle == root.links.many) return;
        idle = static_cast<std::uint16_t>(by > 0 ? idle + 1 : idle - 1);
        foresee(root);
    }

    /// Whether a fork in the family of `av`, which has a vma, is to bring a fresh anon_vma, as far
    /// as can be told without the lock.
    //   Orders:     nothing, on purpose: the answer is a hint.
    //   Pairs with: nothing; what a fork lacks is asked for under the lock.
    //   Otherwise:  a stale answer costs an anon_vma that is not needed, or a second locking.
    //   Proved by:  tests/explore/cow_tree_test.cpp
    template <class Policy>
    [[nodiscard]] static bool fork_takes_fresh(const anon_vma<Policy>& av) noexcept {
        return av.root.load(rmap::order::relaxed)->links.takes_fresh.load(rmap::order::relaxed);
    }

    /// One was lacking, though there are idle ones: none may be taken over. So it is for the next
    /// forks, until something changes. As for fork_takes_fresh(), relaxed.
    template <class Policy>
    static void was_lacking(anon_vma<Policy>& av) noexcept {
        av.root.load(rmap::order::relaxed)->links.takes_fresh.store(true, rmap::order::relaxed);
    }

    // ---- anon_vmas that wait for the next fork of their family, with their base reference and
    // that on the root

    static constexpr std::uint32_t most_spares = 4;

    template <class Policy>
    [[nodiscard]] static std::uint32_t spares_of(const anon_vma<Policy>& root) noexcept {
        anon_vma<Policy>* const first = cow_kin<Policy>::first_spare(root);
        return first == nullptr ? 0 : first->links.members.get();
    }
    template <class Policy>
    [[nodiscard]] static bool has_spare(const anon_vma<Policy>& av) noexcept {
        return cow_kin<Policy>::first_spare(*av.root.load(rmap::order::relaxed)) != nullptr;
    }
    /// `av` is no root, and in nobody's hands. False: as many wait as may.
    //   The hint: Orders, Pairs with, Otherwise, Proved by: fork_takes_fresh().
    template <class Policy>
    [[nodiscard]] static bool keep_spare(anon_vma<Policy>& av) noexcept {
        anon_vma<Policy>& root = *av.root.load(rmap::order::relaxed);
        const std::uint32_t waiting = spares_of(root);
        if (waiting == most_spares) return false;
        av.links.members = waiting + 1;
        cow_kin<Policy>::push_spare(root, av);
        root.links.takes_fresh.store(false, rmap::order::relaxed);
        return true;
    }
    /// One of the family of `av`, or null. What it says of its vmas and its place is not so: it is
    /// filed next (attach_child, settle_below), or forgotten.
    template <class Policy>
    [[nodiscard]] [[gnu::always_inline]] static inline anon_vma<Policy>* take_spare(
        const anon_vma<Policy>& av) noexcept {
        anon_vma<Policy>& root = *av.root.load(rmap::order::relaxed);
        anon_vma<Policy>* const first = cow_kin<Policy>::first_spare(root);
        if (first == nullptr) return nullptr;
        cow_kin<Policy>::pop_spare(root, *first);
        foresee(root);
        return first;
    }
    /// Nobody uses `av` any more, nor does it wait: it is as new.
    template <class Policy>
    static void forget(anon_vma<Policy>& av) noexcept {
        av.links.where = nullptr;
        av.links.slot = 0;
        av.links.members = 0;
    }

protected:
    //   Orders, Pairs with, Otherwise, Proved by: fork_takes_fresh().
    template <class Policy>
    static void foresee(anon_vma<Policy>& root) noexcept {
        const bool takes = cow_kin<Policy>::first_spare(root) == nullptr && root.links.slot == 0;
        root.links.takes_fresh.store(takes, rmap::order::relaxed);
    }
};

}  // namespace topologies

}  // namespace rmap::inline RMAP_ABI
