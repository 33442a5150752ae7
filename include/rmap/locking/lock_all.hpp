// SPDX-License-Identifier: BSL-1.0
#pragma once

// locking::lock_all: each anon_vma's lock guards its own links; a walk locks the one that the page
// leads to; an update locks every anon_vma of the vma's chain, newest first, under a lock of the
// address space that every update of its chains takes, the anon_vma_chain_lock (order.hpp).
//
// Guarantees: a walk is complete, wherever in the chain it starts. Walks of unrelated branches of a
// family run beside an update, as their anon_vmas are not in its chain.
// Does not: bound an update; it takes as many locks as there were forks, but none for a vma that
// grows upwards where the end is no key of the topology (ops/adjust.hpp), as in the seed.
// Source: seed 002, "Take all the locks for all the anon_vmas". There prepare takes an anon_vma's
// lock before the chain lock and stack growth after it; here it is one order.

#include <rmap/core/config.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locking/held_locks.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/locks/held.hpp>
#include <rmap/model/anon_vma.hpp>

namespace rmap::inline RMAP_ABI {

namespace locking {

struct lock_all {
    static constexpr bool walk_is_complete = true;
    static constexpr bool whole_chains = true;

    template <class Policy>
    using slot = held_slot<Policy>;
    template <class Policy>
    using walk = walk_one<Policy>;

    /// Holds locks exclusively. The caller MUST keep the anon_vmas alive until then, as under
    /// locking::root.
    template <class Policy>
    class update {
        using lock_type = typename Policy::lock;
        using note_type = note_for<lock_type>;

    public:
        /// Holds nothing: for vmas without an anon_vma.
        update() noexcept = default;

        /// The lock of `member` alone, and nothing of an address space.
        explicit update(anon_vma<Policy>& member, note_type note = note_type::here()) noexcept
            : member_{member.lock, note} {}

        /// That and the chain lock: for the first link of a vma.
        update(anon_vma<Policy>& member, lock_type& chain_lock,
               note_type note = note_type::here()) noexcept
            : space_{chain_lock, note}, member_{member.lock, note} {}

        /// The chain lock and the locks of all that a vma is linked to.
        template <class Hook>
        update(const Hook& chain, lock_type& chain_lock,
               note_type note = note_type::here()) noexcept
            : space_{chain_lock, note} {
            const nested_in outer{chain_lock};
            Policy::topology::template for_each_link<Policy>(
                chain, [&](anon_vma<Policy>& av) noexcept { all_.take(av, outer, note); });
        }

    private:
        write_guard<lock_type> space_{};
        write_guard<lock_type> member_{};
        held_locks<Policy> all_{};
    };

    /// Whether the lock of `member` is held exclusively, as far as it can tell.
    template <class Policy>
    [[nodiscard]] static bool may_update(const anon_vma<Policy>& member) noexcept {
        return may_hold(member.lock);
    }
};

}  // namespace locking

}  // namespace rmap::inline RMAP_ABI
