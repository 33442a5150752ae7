// SPDX-License-Identifier: BSL-1.0
#pragma once

// locking::per_anon_vma: each anon_vma's lock guards its own links, a walk locks the one that the
// page leads to, and a vma's range changes under the lock of its own anon_vma alone.
//
// Guarantees: links and trees are whole; a walk that starts from a vma's own anon_vma meets it.
// Does not: exclude a change of range from walks that start from an older anon_vma of the chain.
// Such a walk misses the vma while its links are out of the trees, and under a topology whose
// unkey() does nothing it reads start and pgoff of different moments. So: ageing, not migration.
// Source: Linux 2.6.34, with the anon_vma lock in vma_adjust (seeds 002 and 003 tell of the hole).

#include <rmap/core/config.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locking/held_locks.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/locks/held.hpp>
#include <rmap/model/anon_vma.hpp>

namespace rmap::inline RMAP_ABI {

namespace locking {

struct per_anon_vma {
    static constexpr bool walk_is_complete = false;
    static constexpr bool own_comes_first = true;

    template <class Policy>
    using slot = held_slot<Policy>;
    template <class Policy>
    using relink = relink_others<Policy>;
    template <class Policy>
    using walk = walk_one<Policy>;

    /// Holds the lock of `member` exclusively. The caller MUST keep it alive until then, as under
    /// locking::root.
    template <class Policy>
    class update {
        using note_type = note_for<typename Policy::lock>;

    public:
        /// Holds nothing: for vmas without an anon_vma.
        update() noexcept = default;
        explicit update(anon_vma<Policy>& member, note_type note = note_type::here()) noexcept
            : guard_{member.lock, note} {}

    private:
        write_guard<typename Policy::lock> guard_;
    };

    /// Whether the lock of `member` is held exclusively, as far as it can tell.
    template <class Policy>
    [[nodiscard]] static bool may_update(const anon_vma<Policy>& member) noexcept {
        return may_hold(member.lock);
    }
};

}  // namespace locking

}  // namespace rmap::inline RMAP_ABI
