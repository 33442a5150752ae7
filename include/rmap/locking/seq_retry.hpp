// SPDX-License-Identifier: BSL-1.0
#pragma once

// locking::seq_retry: per_anon_vma, and a sequence counter in each anon_vma that counts changes of
// the vmas whose own it is. A walk looks at the counter of each vma whose own anon_vma is another
// than the one it holds the lock of; if that vma changes meanwhile the walk lets go and begins
// again from the start: places may be met again.
//
// Guarantees: what a walk reads of a vma that it meets belongs together.
// Does not: notice what it does not meet. A vma whose links are out of the trees has no counter at
// which a walk could look, so the walk is not complete: the hole for which the patch of seed 003
// broke after 28 hours ("insufficient to catch all changes that are made to the list").
// Walks of same-page nodes do not look at counters.

#include <rmap/core/config.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locking/held_locks.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/locks/held.hpp>
#include <rmap/locks/seqcount.hpp>
#include <rmap/model/anon_vma.hpp>

namespace rmap::inline RMAP_ABI {

namespace locking {

struct seq_retry {
    static constexpr bool walk_is_complete = false;
    static constexpr bool own_comes_first = true;

    template <class Policy>
    struct slot : held_slot<Policy> {
        locks::basic_seqcount<typename Policy::atomics> changes{};
    };
    template <class Policy>
    using relink = relink_others<Policy>;

    /// Holds the lock of `member` exclusively, and its counter odd. The caller MUST keep it alive
    /// until then, as under locking::root.
    template <class Policy>
    class update {
        using note_type = note_for<typename Policy::lock>;

    public:
        /// Holds nothing: for vmas without an anon_vma.
        update() noexcept = default;
        explicit update(anon_vma<Policy>& member, note_type note = note_type::here()) noexcept
            : guard_{member.lock, note}, member_{&member} {
            member.locking.changes.begin_write();
        }
        update(const update&) = delete;
        update& operator=(const update&) = delete;
        ~update() {
            if (member_ != nullptr) member_->locking.changes.end_write();
        }

    private:
        write_guard<typename Policy::lock> guard_{};
        anon_vma<Policy>* member_ = nullptr;
    };

    /// Whether the lock of `member` is held exclusively, as far as it can tell.
    template <class Policy>
    [[nodiscard]] static bool may_update(const anon_vma<Policy>& member) noexcept {
        return may_hold(member.lock);
    }

    template <class Policy>
    class walk : public walk_one<Policy> {
        using note_type = note_for<typename Policy::lock>;

    public:
        walk(anon_vma<Policy>& member, walk_mode mode, note_type note = note_type::here()) noexcept
            : walk_one<Policy>{member, mode, note}, member_{&member} {}

        /// Calls read(), which looks at a vma that the walk has met. False: the vma has changed
        /// meanwhile, and the walk MUST let go and begin again.
        template <class Hook, class Read>
        [[nodiscard]] bool look(const Hook& vma, Read&& read) const noexcept {
            // Not null, and alive: the vma is linked to `member`, and stays so under its lock.
            anon_vma<Policy>* const own = Policy::topology::template own<Policy>(vma);
            if (own == member_) {
                read();
                return true;
            }
            const auto seen = own->locking.changes.begin_read();
            read();
            return !own->locking.changes.changed(seen);
        }

    private:
        anon_vma<Policy>* member_;
    };
};

}  // namespace locking

}  // namespace rmap::inline RMAP_ABI
