// SPDX-License-Identifier: BSL-1.0
#pragma once

// locking::root: one lock for a fork tree, that of the tree's oldest anon_vma. Updates hold it
// exclusively, walks shared (exclusively if the lock type has no shared form).
//
// Guarantees: a walk is complete. While it runs no vma of the tree is linked, unlinked or moved to
// another range, so a mapping that exists during the whole walk is met, exactly once.
// Does not: let updates of unrelated members of one family run side by side with a walk.
// Source: Linux 2.6.36, 012f18004da3 (always lock the root) and 76545066c852 (references pin the
// root).

#include <rmap/core/config.hpp>
#include <rmap/core/types.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/locks/held.hpp>
#include <rmap/model/anon_vma.hpp>

namespace rmap::inline RMAP_ABI {

namespace locking {

struct root {
    static constexpr bool walk_is_complete = true;
    static constexpr bool one_lock_a_tree = true;
    static constexpr bool looks_past_root = true;

    /// Holds the tree lock exclusively. The caller MUST keep `member` alive until it is
    /// constructed: by a linked vma whose address space it holds, or because it alone knows the
    /// object.
    template <class Policy>
    class update {
        using note_type = note_for<typename Policy::lock>;

    public:
        /// Holds nothing: for vmas without an anon_vma.
        update() noexcept = default;
        // Relaxed: whoever keeps `member` alive has seen it made, and its root stays.
        explicit update(anon_vma<Policy>& member, note_type note = note_type::here()) noexcept
            : guard_{member.root.load(order::relaxed)->lock, note} {}

    private:
        write_guard<typename Policy::lock> guard_;
    };

    /// Whether the tree lock is held exclusively, as far as the lock can tell (locks/held.hpp).
    template <class Policy>
    [[nodiscard]] static bool may_update(const anon_vma<Policy>& member) noexcept {
        return may_hold(member.root.load(order::relaxed)->lock);  // as update()
    }

    /// Holds the tree lock shared. `member` need only be memory that once was an anon_vma; then
    /// covers() tells whether the lock is still the one that guards it.
    template <class Policy>
    class walk {
        using note_type = note_for<typename Policy::lock>;

    public:
        walk(anon_vma<Policy>& member, walk_mode mode, note_type note = note_type::here()) noexcept
            : root_{member.root.load(order::acquire)},
              guard_{mode == walk_mode::try_lock ? guard_type{root_->lock, try_to_lock, note}
                                                 : guard_type{root_->lock, note}} {}

        [[nodiscard]] bool owns() const noexcept { return guard_.owns(); }

        //   Orders:     nothing, on purpose: the second look at the root, under the lock, need not
        //               acquire. The looks at the page's map count and tag before it do, so a tag
        //               of the memory's next life comes with that life's root; and while the page
        //               is mapped, or was when the lock was taken, the old life's root stays
        //               (ops/reference.hpp).
        //   Pairs with: the release store of `root` when the memory is used anew (lifetimes/), by
        //               way of the tag.
        //   Otherwise:  without the look: T1 reads root R, waits | T2 unlinks the last vma, the
        //               memory becomes part of another tree under root S | T1 gets R's lock and
        //               walks S's member without S's lock. The guard unlocks what it locked, never
        //               what `root` says now (Linux bug f18194275c39).
        //   Proved by:  tests/explore/orders_test.cpp
        [[nodiscard]] bool covers(const anon_vma<Policy>& member) const noexcept {
            return member.root.load(order::relaxed) == root_;
        }

    private:
        using guard_type = read_guard<typename Policy::lock>;

        anon_vma<Policy>* root_;
        guard_type guard_;
    };
};

}  // namespace locking

}  // namespace rmap::inline RMAP_ABI
