// SPDX-License-Identifier: BSL-1.0

// Disciplines with one fault each are refused by the law that names it.

#include <new>

#include <rmap/policy.hpp>

#include "support/refused.hpp"

using namespace rmap_test;

namespace {

using rmap::anon_vma;
using rmap::order;
using rmap::walk_mode;
using sound = rmap::locking::root;

verdicts count;

/// Chosen when the program runs, as each discipline of its own costs compiling.
enum class fault {
    none,
    forgets_the_tree_lock,
    updates_share,
    walks_hold_nothing,
    try_mode_waits,
    takes_an_outer_lock,  // a walk, behind the tree lock
    locks_crosswise,      // a walk takes a, b where an update takes b, a
    failed_try_keeps,     // the first of two locks
    covers_nothing,
    looks_once,  // at the root, before it has the lock
    never_held,
    always_held,
};
fault planted = fault::none;

bool is(fault f) {
    return planted == f;
}

/// locking::root, but for the fault.
struct faulty : sound {
    template <class Policy>
    struct slot {
        rmap::lock_of_rank<Policy, rmap::lock_rank::chain> outer{};
        typename Policy::lock more{};
    };

    template <class Policy>
    class update {
        using writes = rmap::write_guard<typename Policy::lock>;

    public:
        update() noexcept = default;
        explicit update(anon_vma<Policy>& av) noexcept {
            auto& lock = av.root.load(order::acquire)->lock;
            if (is(fault::locks_crosswise)) more_ = writes{av.locking.more};
            if (is(fault::updates_share)) {
                shared_ = rmap::read_guard<typename Policy::lock>{lock};
            } else if (!is(fault::forgets_the_tree_lock)) {
                tree_ = writes{lock};
            }
        }

    private:
        writes more_{};
        rmap::read_guard<typename Policy::lock> shared_{};
        writes tree_{};
    };

    template <class Policy>
    [[nodiscard]] static bool may_update(const anon_vma<Policy>& av) noexcept {
        if (is(fault::never_held)) return false;
        return is(fault::always_held) || sound::may_update<Policy>(av);
    }

    template <class Policy>
    class walk {
        using writes = rmap::write_guard<typename Policy::lock>;
        using reads = rmap::read_guard<typename Policy::lock>;

    public:
        walk(anon_vma<Policy>& av, walk_mode mode) noexcept : root_{av.root.load(order::acquire)} {
            const bool waits = mode == walk_mode::wait;
            if (is(fault::walks_hold_nothing)) return;
            if (is(fault::failed_try_keeps)) {
                more_ =
                    waits ? writes{av.locking.more} : writes{av.locking.more, rmap::try_to_lock};
                if (!more_.owns()) return;
            }
            tree_ = waits || is(fault::try_mode_waits) ? reads{root_->lock}
                                                       : reads{root_->lock, rmap::try_to_lock};
            if (is(fault::takes_an_outer_lock) && waits) more_ = writes{av.locking.outer};
            if (is(fault::locks_crosswise) && waits) more_ = writes{av.locking.more};
        }
        ~walk() {
            if (is(fault::failed_try_keeps) && !tree_.owns()) {
                ::new (static_cast<void*>(&more_)) writes{};  // never let go
            }
        }
        [[nodiscard]] bool owns() const noexcept {
            return is(fault::walks_hold_nothing) || tree_.owns();
        }
        [[nodiscard]] bool covers(const anon_vma<Policy>& av) const noexcept {
            if (is(fault::covers_nothing)) return false;
            return is(fault::looks_once) || av.root.load(order::acquire) == root_;
        }

    private:
        anon_vma<Policy>* root_;
        reads tree_{};
        writes more_{};
    };
};

/// 2.6.34 that claims to be complete.
struct own_lock_alone : rmap::locking::per_anon_vma {
    static constexpr bool walk_is_complete = true;
};

void refused(fault f, const char* name, const char* law) {
    planted = f;
    count.refused(name, law, [](auto sink) { verify::discipline_conforms<faulty>(sink); });
}
#define RMAP_REFUSED(what, law) refused(fault::what, #what, law)

}  // namespace

int main() {
    count.conforms("no fault", [](auto sink) { verify::conforms<faulty>(sink); });
    RMAP_REFUSED(forgets_the_tree_lock, "discipline.update_excludes_update");
    RMAP_REFUSED(forgets_the_tree_lock, "discipline.update_excludes_walk");
    RMAP_REFUSED(forgets_the_tree_lock, "discipline.nothing_races");
    RMAP_REFUSED(updates_share, "discipline.update_excludes_update");
    RMAP_REFUSED(walks_hold_nothing, "discipline.update_excludes_walk");
    RMAP_REFUSED(try_mode_waits, "discipline.try_does_not_wait");
    RMAP_REFUSED(takes_an_outer_lock, "discipline.lock_order");
    RMAP_REFUSED(locks_crosswise, "discipline.no_deadlock");
    RMAP_REFUSED(failed_try_keeps, "discipline.nothing_left_held");
    RMAP_REFUSED(covers_nothing, "discipline.covers");
    RMAP_REFUSED(looks_once, "discipline.stale_lookups");
    RMAP_REFUSED(never_held, "discipline.may_update");
    RMAP_REFUSED(always_held, "discipline.may_update");
    for (const char* law :
         {"discipline.update_excludes_all_walks", "discipline.walks_are_complete"}) {
        count.refused("per_anon_vma that claims to be complete", law,
                      [](auto sink) { verify::discipline_conforms<own_lock_alone>(sink); });
    }
    return count.exit_code();
}
