// SPDX-License-Identifier: BSL-1.0
#pragma once

// locking::sharded_root: the lock of a fork tree in shards, by offset. A walk holds, shared, the
// shard of the one offset that it looks for; an update holds, exclusively, those of all offsets
// that its vma has or gets. Under them each anon_vma's own lock guards the structure of its links,
// for one step of a walk or one change of links: not while a visitor runs.
//
// Guarantees: a walk is complete: what covers its offset stands still. A walk does not wait for
// updates of vmas that lie on other shards, nor an update for walks of pages there, nor two such
// updates for each other, even under one anon_vma; but for one step, or one change of links.
// Does not: help vmas so large that they lie on all shards. Costs: a lock more for each place that
// a walk meets, and for each shard and link of an update.
// Linux has nothing like it. Sharding keeps walks as simple as under one lock, where epochs or
// per-vma counters would have them check and begin again.

#include <cstdint>

#include <rmap/core/config.hpp>
#include <rmap/core/lock_rank.hpp>
#include <rmap/core/types.hpp>
#include <rmap/locking/concept.hpp>
#include <rmap/locking/held_locks.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/locks/held.hpp>
#include <rmap/model/anon_vma.hpp>

namespace rmap::inline RMAP_ABI {

namespace locking {

/// `Shards` locks for a fork tree; neighbouring offsets share one in runs of 2^`RunBits`.
template <unsigned Shards, unsigned RunBits>
struct basic_sharded_root {
    static_assert(Shards >= 1 && Shards <= 8, "rmap: sharded_root has one to eight shards");

    static constexpr bool walk_is_complete = true;
    static constexpr bool by_offset = true;

    [[nodiscard]] static constexpr unsigned shard_of(pgoff_t index) noexcept {
        return static_cast<unsigned>((index >> RunBits) % Shards);
    }

    /// Whether any of the offsets lies on the shard.
    [[nodiscard]] static constexpr bool touches(const offsets& range, unsigned shard) noexcept {
        const std::uint64_t from = range.first >> RunBits;
        const std::uint64_t to = range.last >> RunBits;
        const std::uint64_t ahead = (shard + Shards - from % Shards) % Shards;
        return ahead <= to - from;
    }

    /// The shards of a root; an anon_vma that is none has them and does not use them.
    template <class Policy>
    struct slot : held_slot<Policy> {
        lock_of_rank<Policy, lock_rank::shard> shards[Shards]{};
    };

    /// Holds the locks of all that a vma is linked to: their structure may change.
    template <class Policy>
    class relink {
        using note_type = note_for<typename Policy::lock>;

    public:
        /// The caller holds the update guard for the vma.
        template <class Hook>
        explicit relink(const Hook& chain, note_type note = note_type::here()) noexcept {
            using topology = typename Policy::topology;
            const anon_vma<Policy>& own = *topology::template own<Policy>(chain);
            const nested_in outer{held_shard(*own.root.load(order::relaxed))};
            topology::template for_each_link<Policy>(
                chain, [&](anon_vma<Policy>& av) noexcept { all_.take(av, outer, note); });
        }

    private:
        held_locks<Policy> all_{};
    };

    /// Holds shards exclusively. The caller MUST keep `member` alive until it is constructed, as
    /// under locking::root.
    template <class Policy>
    class update {
        using guard_type = write_guard<typename Policy::lock>;
        using note_type = note_for<typename Policy::lock>;

    public:
        /// Holds nothing: for vmas without an anon_vma.
        update() noexcept = default;
        /// All shards.
        explicit update(anon_vma<Policy>& member, note_type note = note_type::here()) noexcept
            : update{member, offsets{0, ~pgoff_t{0}}, note} {}
        /// Those of some offsets, in ascending order.
        update(anon_vma<Policy>& member, const offsets& range,
               note_type note = note_type::here()) noexcept {
            anon_vma<Policy>& top = *member.root.load(order::relaxed);  // as under root
            for (unsigned i = 0; i != Shards; ++i) {
                if (!touches(range, i)) continue;
                held_[i] = guard_type{top.locking.shards[i], nested{i}, note};
            }
        }
        /// And the structure of `member`: for the first link of a vma.
        update(anon_vma<Policy>& member, const offsets& range, first_link,
               note_type note = note_type::here()) noexcept
            : update{member, range, note} {
            structure_ = guard_type{member.lock, note};
        }

    private:
        guard_type held_[Shards]{};
        guard_type structure_{};
    };

    /// Whether any shard is held exclusively, as far as the locks can tell. Each is looked at once:
    /// one that another thread holds may be free at a second look. Locks that report by themselves
    /// are not asked, since the caller need not hold each.
    template <class Policy>
    [[nodiscard]] static bool may_update(const anon_vma<Policy>& member) noexcept {
        for (const auto& shard : member.root.load(order::relaxed)->locking.shards) {
            if (!tells_free(shard)) return true;
        }
        return false;
    }

    /// Holds shards and the structure of `member` shared. `member` need only be memory that once
    /// was an anon_vma; then covers() tells whether the locks are those that guard it.
    template <class Policy>
    class walk {
        using guard_type = read_guard<typename Policy::lock>;
        using note_type = note_for<typename Policy::lock>;

    public:
        /// All shards: for walks that look for no one offset.
        walk(anon_vma<Policy>& member, walk_mode mode, note_type note = note_type::here()) noexcept
            : walk{member, mode, offsets{0, ~pgoff_t{0}}, note} {}
        /// That of one offset.
        walk(anon_vma<Policy>& member, walk_mode mode, pgoff_t index,
             note_type note = note_type::here()) noexcept
            : walk{member, mode, offsets{index, index}, note} {}

        [[nodiscard]] bool owns() const noexcept { return structure_.owns(); }

        /// As under locking::root.
        [[nodiscard]] bool covers(const anon_vma<Policy>& member) const noexcept {
            return member.root.load(order::relaxed) == root_;
        }

        /// Runs f() with the structure let go, and keeps the shards: what covers the offset stays
        /// where it is meanwhile, other links may come, go and move.
        template <class F>
        auto outside(F&& f) noexcept(noexcept(f())) {
            structure_.unlock();
            const auto result = f();
            structure_ = guard_type{member_->lock};
            return result;
        }

    private:
        walk(anon_vma<Policy>& member, walk_mode mode, const offsets& range,
             note_type note) noexcept
            : member_{&member}, root_{member.root.load(order::acquire)} {
            for (unsigned i = 0; i != Shards; ++i) {
                if (!touches(range, i)) continue;
                auto& shard = root_->locking.shards[i];
                held_[i] = mode == walk_mode::try_lock ? guard_type{shard, try_to_lock, note}
                                                       : guard_type{shard, nested{i}, note};
                if (!held_[i].owns()) return;
            }
            structure_ = mode == walk_mode::try_lock ? guard_type{member.lock, try_to_lock, note}
                                                     : guard_type{member.lock, note};
        }

        anon_vma<Policy>* member_;
        anon_vma<Policy>* root_;
        guard_type held_[Shards]{};
        guard_type structure_{};
    };

private:
    template <class Lock>
    [[nodiscard]] static bool tells_free(const Lock& shard) noexcept {
        if constexpr (tells_held<Lock>) return !shard.is_held();
        return false;
    }
    /// A shard that the caller holds exclusively, as far as the locks can tell.
    template <class Policy>
    [[nodiscard]] static auto& held_shard(const anon_vma<Policy>& top) noexcept {
        for (auto& shard : top.locking.shards) {
            if (!tells_free(shard)) return shard;
        }
        return top.locking.shards[0];
    }
};

/// Eight shards, in runs of 512 pages.
using sharded_root = basic_sharded_root<8, 9>;

static_assert(sharded_root::touches({511, 511}, 0) && !sharded_root::touches({511, 511}, 1));
static_assert(sharded_root::touches({511, 512}, 1) && !sharded_root::touches({511, 512}, 7));
static_assert(sharded_root::touches({7 * 512, 8 * 512}, 0) &&
              !sharded_root::touches({7 * 512, 8 * 512}, 1));
static_assert(sharded_root::touches({0, ~pgoff_t{0}}, 7));

}  // namespace locking

}  // namespace rmap::inline RMAP_ABI
