// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the disciplines share in which the lock of each anon_vma guards its own links: any number
// of such locks held at once, as a list that goes through the anon_vmas themselves, so that it
// needs no memory, and keeps the token of a token lock.
//
// The order: newest first, as a chain has it. A chain is a copy of the parent's with at most one
// newer anon_vma in front, so two chains meet what they have in common in the same order, and two
// holders of parts of them do not wait for each other in a circle.

#include <rmap/core/config.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/model/anon_vma.hpp>

namespace rmap::inline RMAP_ABI::locking {

/// What an anon_vma carries. Read and written by who holds its lock exclusively.
template <class Policy>
struct held_slot {
    write_guard<typename Policy::lock> guard{};
    typename Policy::atomics::template plain<anon_vma<Policy>*> next{nullptr};
};

/// Locks held exclusively; the newest taken is the first that goes.
template <class Policy>
class held_locks {
    using note_type = note_for<typename Policy::lock>;

public:
    held_locks() noexcept = default;
    held_locks(const held_locks&) = delete;
    held_locks& operator=(const held_locks&) = delete;
    ~held_locks() {
        while (first_ != nullptr) {
            auto& slot = first_->locking;
            // Out of the slot first: it belongs to the next holder as soon as the lock is free.
            const write_guard<typename Policy::lock> last{
                static_cast<write_guard<typename Policy::lock>&&>(slot.guard)};
            first_ = slot.next;
        }
    }

    /// The caller MUST take newer ones first, and keep `av` alive until the lock is held.
    void take(anon_vma<Policy>& av, nested_in outer, note_type note) noexcept {
        write_guard<typename Policy::lock> guard{av.lock, outer, note};
        av.locking.guard = static_cast<write_guard<typename Policy::lock>&&>(guard);
        av.locking.next = first_;
        first_ = &av;
    }

private:
    anon_vma<Policy>* first_ = nullptr;
};

/// The guard of a walk: the lock of the one anon_vma that it starts from, shared. `member` need
/// only be memory that once was an anon_vma.
template <class Policy>
class walk_one {
    using note_type = note_for<typename Policy::lock>;
    using guard_type = read_guard<typename Policy::lock>;

public:
    walk_one(anon_vma<Policy>& member, walk_mode mode, note_type note = note_type::here()) noexcept
        : guard_{mode == walk_mode::try_lock ? guard_type{member.lock, try_to_lock, note}
                                             : guard_type{member.lock, note}} {}

    [[nodiscard]] bool owns() const noexcept { return guard_.owns(); }

    /// Always: the lock belongs to the memory, whatever that is part of now. Whether it is the
    /// page's anon_vma, the page says (ops/reference.hpp): while that is mapped and this lock held,
    /// what its tag leads to keeps a link.
    [[nodiscard]] bool covers(const anon_vma<Policy>&) const noexcept { return true; }

private:
    guard_type guard_;
};

/// Holds, beside the own anon_vma's lock, those of all others that a vma is linked to: links of it
/// enter and leave each under its lock.
template <class Policy>
class relink_others {
    using topology = typename Policy::topology;
    using note_type = note_for<typename Policy::lock>;

public:
    /// The caller holds the update guard of the vma's own anon_vma, which is the newest of its
    /// chain.
    template <class Hook>
    explicit relink_others(const Hook& chain, note_type note = note_type::here()) noexcept {
        anon_vma<Policy>* const own = topology::template own<Policy>(chain);
        const nested_in outer{own->lock};
        topology::template for_each_link<Policy>(chain, [&](anon_vma<Policy>& av) noexcept {
            if (&av != own) others_.take(av, outer, note);
        });
    }

private:
    held_locks<Policy> others_{};
};

}  // namespace rmap::inline RMAP_ABI::locking
