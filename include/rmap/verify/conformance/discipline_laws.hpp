// SPDX-License-Identifier: BSL-1.0
#pragma once

// The laws of a locking discipline, and those that its guards keep by themselves: who excludes
// whom, a try that does not wait, what is held when. The operations under the discipline are looked
// at in discipline_walks.hpp.
//
// Guards are made as the operations make them (ops/chain_guard.hpp), so that disciplines which lock
// whole chains or by offset are asked for what they offer.

#include <rmap/ops/chain_guard.hpp>
#include <rmap/ops/reference.hpp>
#include <rmap/verify/conformance/explored_map.hpp>
#include <rmap/verify/conformance/lock_laws.hpp>
#include <rmap/verify/conformance/suite.hpp>

namespace rmap::inline RMAP_ABI::verify {

inline constexpr law discipline_laws[] = {
    {"discipline.update_excludes_update", "Two updates of one vma's chain do not run together."},
    {"discipline.update_excludes_walk",
     "While a vma's chain is updated nobody walks the vma's own anon_vma."},
    {"discipline.update_excludes_all_walks",
     "If walk_is_complete: while a vma's chain is updated nobody walks any anon_vma of the chain."},
    {"discipline.try_does_not_wait",
     "A walk in the try mode comes back without the guard where an update holds it, and with the "
     "guard where nobody does."},
    {"discipline.nothing_left_held",
     "A guard made from nothing holds nothing; every other lets go of all at its end."},
    {"discipline.covers",
     "A walk's guard covers the anon_vma that it was made for, while that "
     "stands still."},
    {"discipline.may_update",
     "may_update() is true under an update guard, and false where nobody holds one and the lock "
     "can tell."},
    {"discipline.lock_order", "Locks are taken in the order of locking/order.hpp."},
    {"discipline.no_deadlock",
     "Updates and walks of relatives do not wait for each other in a "
     "circle."},
    {"discipline.nothing_races",
     "Whatever operations and walks do beside each other, no field is raced for, no memory is used "
     "after its end, nothing breaks."},
    {"discipline.walks_are_complete",
     "If walk_is_complete: a walk meets every place where the page is mapped during the whole walk "
     "(I1)."},
    {"discipline.first_faults",
     "First faults of one vma install one own anon_vma (I13), and who "
     "sees it finds the page."},
    {"discipline.stale_lookups",
     "A lookup that comes with a stale tag never walks a tree that it has not locked (I12)."},
};

namespace conformance {

struct discipline_law {
    static constexpr const law& update_excludes_update = discipline_laws[0];
    static constexpr const law& update_excludes_walk = discipline_laws[1];
    static constexpr const law& update_excludes_all_walks = discipline_laws[2];
    static constexpr const law& try_does_not_wait = discipline_laws[3];
    static constexpr const law& nothing_left_held = discipline_laws[4];
    static constexpr const law& covers = discipline_laws[5];
    static constexpr const law& may_update = discipline_laws[6];
    static constexpr const law& lock_order = discipline_laws[7];
    static constexpr const law& no_deadlock = discipline_laws[8];
    static constexpr const law& nothing_races = discipline_laws[9];
    static constexpr const law& walks_are_complete = discipline_laws[10];
    static constexpr const law& first_faults = discipline_laws[11];
    static constexpr const law& stale_lookups = discipline_laws[12];
};

/// To whom what goes wrong in a map's operations is credited.
[[nodiscard]] inline const credits& of_operations() {
    using law_of = discipline_law;
    static const credits all = {
        {failure_kind::deadlock, &law_of::no_deadlock},
        {failure_kind::livelock, &law_of::no_deadlock},
        {failure_kind::lock_held, &law_of::nothing_left_held},
        {failure_kind::not_owner, &law_of::nothing_left_held},
        {failure_kind::data_race, &law_of::nothing_races},
        {failure_kind::use_after_free, &law_of::nothing_races},
        {failure_kind::double_free, &law_of::nothing_races},
        {failure_kind::leak, &law_of::nothing_races},
        {failure_kind::check, &law_of::nothing_races},
        {failure_kind::check, &law_of::lock_order, held_ranks::complaint},
    };
    return all;
}

/// The guards by themselves, of a family whose chains have two links.
template <class Policy>
class guard_suite {
    using locking = typename Policy::locking;
    using map = typename explored_types<Policy>::map;
    using vma = typename explored_types<Policy>::vma;
    using av_type = anon_vma<Policy>;
    using update = typename locking::template update<Policy>;
    using walk = typename locking::template walk<Policy>;
    using note = note_for<typename Policy::lock>;
    static constexpr pgoff_t index = family<Policy>::where;

public:
    explicit guard_suite(suite& of) : s_{&of} {}

    void run() {
        const auto stuck = of_operations();
        s_->explored(
            discipline_law::update_excludes_update, "two updates of a fork child", {},
            [](test& t) {
                family<Policy> f;
                inside in;
                for (const char* who : {"a", "b"}) {
                    t.thread(who, [&] {
                        [[maybe_unused]] const update mine = ops::chain_guard<map>(f.first);
                        in.writer();
                    });
                }
                t.run();
            },
            stuck);
        s_->explored(
            discipline_law::update_excludes_walk, "an update beside a walk", {},
            [](test& t) { beside(t, [](auto& f) { return map::own(f.first); }); }, stuck);
        if constexpr (locking::walk_is_complete) {
            s_->explored(
                discipline_law::update_excludes_all_walks,
                "an update of a fork child beside a walk from its parent's anon_vma", {},
                [](test& t) { beside(t, [](auto& f) { return map::own(f.parent); }); }, stuck);
        } else {
            s_->not_claimed(discipline_law::update_excludes_all_walks,
                            "the discipline says that its walks are not complete");
        }
        tries_of_a_walk();
        alone();
    }

private:
    [[nodiscard]] static walk walk_of(av_type& av, walk_mode mode) {
        return ops::walk_guard(av, mode, index);
    }

    template <class Of>
    static void beside(test& t, Of of) {
        family<Policy> f;
        inside in;
        av_type& from = *of(f);
        t.name(in, "inside");
        t.thread("update", [&] {
            [[maybe_unused]] const update mine = ops::chain_guard<map>(f.first);
            in.writer();
        });
        t.thread("walk", [&] {
            const walk mine = walk_of(from, walk_mode::wait);
            require(mine.owns(), "a walk that waits does not own its guard");
            in.reader();
        });
        t.run();
    }

    void tries_of_a_walk() {
        const credits kept = {{failure_kind::lock_held, &discipline_law::nothing_left_held},
                              {failure_kind::not_owner, &discipline_law::nothing_left_held}};
        const auto beside_update = [](test& t) {
            family<Policy> f;
            av_type& own = *map::own(f.first);
            model::atomic<bool> held{false}, tried{false};
            t.name(held, "held");
            t.name(tried, "tried");
            t.thread("update", [&] {
                [[maybe_unused]] const update mine = ops::chain_guard<map>(f.first);
                held.store(true, order::relaxed);
                wait_for(tried);
            });
            t.thread("tries", [&] {
                wait_for(held);
                {
                    const walk mine = walk_of(own, walk_mode::try_lock);
                    require(!mine.owns(), "a try beside an update says that it owns the guard");
                }
                tried.store(true, order::relaxed);
            });
            t.run();
        };
        s_->explored(discipline_law::try_does_not_wait, "tried beside an update", {}, beside_update,
                     kept);
        s_->alone(discipline_law::try_does_not_wait, "nobody is there", [] {
            family<Policy> f;
            const walk mine = walk_of(*map::own(f.first), walk_mode::try_lock);
            require(mine.owns(), "a try where nobody holds anything does not get the guard");
        });
        if (!s_->wants(discipline_law::try_does_not_wait)) return;
        // A try that failed halfway lets go of what it had.
        s_->explored(
            discipline_law::nothing_left_held, "a failed try, then an update", {}, [](test& t) {
                family<Policy> f;
                av_type& own = *map::own(f.first);
                t.thread("update", [&] {
                    [[maybe_unused]] const update mine = ops::chain_guard<map>(f.first);
                });
                t.thread("tries", [&] {
                    { [[maybe_unused]] const walk mine = walk_of(own, walk_mode::try_lock); }
                    [[maybe_unused]] const update mine = ops::chain_guard<map>(f.first);
                });
                t.run();
            });
    }

    void alone() {
        s_->alone(discipline_law::nothing_left_held, "guards one after the other", [] {
            family<Policy> f;
            {
                [[maybe_unused]] const update nothing{};
                { [[maybe_unused]] const update mine = ops::chain_guard<map>(f.first); }
                { [[maybe_unused]] const update mine = ops::chain_guard<map>(f.first); }
                { [[maybe_unused]] const walk mine = walk_of(*map::own(f.first), walk_mode::wait); }
                {
                    [[maybe_unused]] const walk mine =
                        walk_of(*map::own(f.parent), walk_mode::wait);
                }
                [[maybe_unused]] const update mine = ops::chain_guard<map>(f.parent);
            }
            [[maybe_unused]] const update again = ops::chain_guard<map>(f.second);
        });
        s_->alone(discipline_law::covers, "a tree that stands still", [] {
            family<Policy> f;
            for (auto* v : {&f.parent, &f.first}) {
                const walk mine = walk_of(*map::own(*v), walk_mode::wait);
                require(mine.covers(*map::own(*v)), "the guard does not cover its anon_vma");
            }
        });
        s_->alone(discipline_law::may_update, "under a guard and without", [] {
            family<Policy> f;
            const auto may = [](vma& v) {
                return locking::template may_update<Policy>(*map::own(v));
            };
            for (auto* v : {&f.parent, &f.first}) {
                require(!may(*v), "may_update() is true where nobody holds an update guard");
                [[maybe_unused]] const update mine = ops::chain_guard<map>(*v);
                require(may(*v), "may_update() is false under an update guard");
            }
            typename explored_types<Policy>::mm mm;
            vma fresh{mm, 16, 8, 16};
            [[maybe_unused]] const update mine =
                ops::first_link_guard<map>(fresh, *map::own(f.second));
            require(may(f.second), "may_update() is false under the guard for a first link");
        });
    }

    suite* s_;
};

}  // namespace conformance

}  // namespace rmap::inline RMAP_ABI::verify
