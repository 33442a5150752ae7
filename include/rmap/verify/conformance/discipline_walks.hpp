// SPDX-License-Identifier: BSL-1.0
#pragma once

// The operations under a discipline, explored: each beside a walk from a page that a parent and two
// fork children map, and beside each other. Where a discipline says that its walks are complete,
// the walk must meet every mapping that is there all the time; where it does not, the suite says
// whether it saw a walk miss one.

#include <string>

#include <rmap/verify/conformance/discipline_laws.hpp>

namespace rmap::inline RMAP_ABI::verify::conformance {

template <class Policy>
class walk_suite {
    using locking = typename Policy::locking;
    using types = explored_types<Policy>;
    using map = typename types::map;
    using vma = typename types::vma;
    using mm = typename types::mm;
    using fam = family<Policy>;
    static constexpr pgno from = fam::first_page, pages = fam::pages, where = fam::where;
    static constexpr pgno far = 2048;  // where a vma is moved to
    static constexpr bool complete = locking::walk_is_complete;
    static constexpr bool once = complete && !ops::walks_begin_again<map>;

public:
    /// `meets`: the law that a walk which misses a mapping breaks.
    walk_suite(suite& of, const law& meets, const credits& to) : s_{&of}, meets_{&meets}, to_{to} {}

    void beside_a_walk() {
        walked("a vma loses its end", 3, [](fam& f) {
            return [&f] { ok(f.map.adjust(f.first, {from, pages - 1, from})); };
        });
        walked("a vma grows downwards", 3, [](fam& f) {
            return [&f] { ok(f.map.adjust(f.first, {from - 1, pages + 1, from - 1})); };
        });
        walked("a sibling ends", 2, [](fam& f) { return [&f] { f.end(f.second); }; });
        with_another("a vma is split below the page", where - 1);
        with_another("a vma is split behind the page", where + 1);
        forks();
        merges();
        moves();
        if constexpr (!complete) {
            s_->not_claimed(*meets_, missed_.empty()
                                         ? "the discipline says that its walks may miss a mapping; "
                                           "none was seen to"
                                         : "the discipline says that its walks may miss a mapping; "
                                           "seen to do so where " +
                                               missed_);
        }
    }

    void beside_each_other() {
        const law& meets = complete ? *meets_ : discipline_law::nothing_races;
        s_->explored(
            meets, "two children change their ranges", {},
            [](test& t) {
                fam f;
                t.thread("first", [&] { ok(f.map.adjust(f.first, {from, pages - 1, from})); });
                const ops::span less{from + 1, pages - 1, from + 1};
                t.thread("second", [&f, less] { ok(f.map.adjust(f.second, less)); });
                t.run();
                f.must_meet(3, once);
            },
            to_);
        s_->explored(
            meets, "two walks", {},
            [](test& t) {
                fam f;
                for (const char* who : {"a", "b"})
                    t.thread(who, [&f] { f.must_meet(3, once); });
                t.run();
            },
            to_);
        s_->explored(
            meets, "a child forks while its sibling ends", {},
            [](test& t) {
                fam f;
                mm space;
                vma grandchild{space, from, pages, from};
                t.thread("fork", [&] { ok(f.map.fork(grandchild, f.first)); });
                t.thread("ends", [&] { f.end(f.second); });
                t.run();
                f.must_meet(2, once);
                f.map.unlink(grandchild);
            },
            to_);
    }

private:
    /// Explores a walk beside what `does` returns, which the first `all` spaces outlive.
    template <class Does>
    void walked(const char* story, unsigned all, Does does) {
        const auto scenario = [&](bool looks) {
            return [&does, all, looks](test& t) {
                fam f;
                auto op = does(f);
                t.thread("changes", [&] { op(); });
                t.thread("walks", [&] { walk(f, all, looks); });
                t.run();
                f.must_meet(all, once);
            };
        };
        if constexpr (complete) {
            s_->explored(*meets_, story, {}, scenario(true), to_);
        } else {
            see_it_miss(story, scenario(true));
            s_->explored(discipline_law::nothing_races, story, {}, scenario(false), to_);
        }
    }

    static void walk(fam& f, unsigned all, bool looks) {
        if (looks) {
            f.must_meet(all, once);
        } else {
            unsigned met = 0;
            static_cast<void>(f.walk(all, met, false));
        }
    }

    template <class Scenario>
    void see_it_miss(const char* story, Scenario scenario) {
        explore_options quick{};
        quick.minimise = false;
        const auto r = explore(story, quick, scenario);
        if (r.what.kind == failure_kind::assertion) {
            missed_ += (missed_.empty() ? "" : ", ") + std::string{story};
        }
    }

    void with_another(const char* story, pgno at) {
        walked(story, 3, [at](fam& f) { return splits{f, at}; });
    }
    /// Splits the first child's vma; the other part is unlinked at the end.
    struct splits {
        splits(fam& of, pgno where_to) : f{&of}, at{where_to} {}
        splits(splits&&) = delete;
        ~splits() { f->end(upper); }
        void operator()() { ok(f->map.split(f->first, upper, at)); }
        fam* f;
        pgno at;
        vma upper{f->mm[1], at, 1, at};
    };

    void forks() {
        struct forking {
            explicit forking(fam& of) : f{&of} {}
            forking(forking&&) = delete;
            ~forking() { f->map.unlink(grandchild); }
            void operator()() { ok(f->map.fork(grandchild, f->first)); }
            fam* f;
            mm space{};
            vma grandchild{space, from, pages, from};
        };
        walked("a child forks", 3, [](fam& f) { return forking{f}; });
    }

    /// Two parts of a vma become one again, if the rule merges them.
    void merges() {
        struct joins {
            explicit joins(fam& of) : f{&of} { ok(f->map.split(f->first, upper, where)); }
            joins(joins&&) = delete;
            ~joins() { f->end(upper); }
            void operator()() {
                typename map::request want{};
                want.range = {where, from + pages - where, where};
                want.prev = &f->first;
                want.middle = &upper;
                ok(f->map.merge(want).state);
            }
            fam* f;
            vma upper{f->mm[1], where, 1, where};
        };
        const merge_side part{this, true};
        if (!Policy::merge::may_merge(part, part)) return;
        walked("two parts of a vma become one", 3, [](fam& f) { return joins{f}; });
    }

    /// The first child's range goes elsewhere, its page with it.
    void moves() {
        struct moving {
            explicit moving(fam& of) : f{&of} {}
            moving(moving&&) = delete;
            ~moving() { f->end(there); }
            void operator()() {
                typename map::request want{};
                want.range = {far, pages, from};
                want.copied_from = &f->first;
                const auto moved = f->map.copy_vma(want, there);
                ok(moved.state);
                {
                    const typename map::move_locks locks{f->first, moved.needs_locks};
                    const write_guard pte{f->mm[1].pte_lock};
                    f->mm[1].mapped_at = far + (where - from);
                }
                f->map.unlink(f->first);
            }
            fam* f;
            vma there{f->mm[1], far, pages, from};
        };
        walked("a vma moves", 3, [](fam& f) { return moving{f}; });
    }

    suite* s_;
    const law* meets_;
    credits to_;
    std::string missed_{};
};

/// First faults, and tags that are out of date.
template <class Policy>
class fault_suite {
    using types = explored_types<Policy>;
    using vma = typename types::vma;
    using map = typename types::map;

public:
    fault_suite(suite& of, const law& faults, const credits& to)
        : s_{&of}, faults_{&faults}, to_{to} {}

    void run() {
        for (const bool weak : {false, true}) {
            explore_options with{};
            with.weak = weak;
            s_->explored(*faults_, weak ? "two first faults, C++ memory model" : "two first faults",
                         with, two_faults, to_);
            s_->explored(*faults_,
                         weak ? "a fault that finds it prepared, C++ memory model"
                              : "a fault that finds it prepared",
                         with, seen_prepared, to_);
        }
    }

private:
    static void two_faults(test& t) {
        map m;
        typename types::mm mm;
        typename types::page page;
        vma v{mm, 508, 8, 508};
        t.thread("a", [&] {
            ok(m.prepare(v));
            m.tag_new(page, v, 511);
            page.add_mapping();
            finds(m, page, v);
        });
        t.thread("b", [&] { ok(m.prepare(v)); });
        t.run();
        page.remove_mapping();
        m.unlink(v);
    }

    static void seen_prepared(test& t) {
        map m;
        typename types::mm mm;
        typename types::page page;
        vma v{mm, 508, 8, 508};
        t.thread("prepares", [&] { ok(m.prepare(v)); });
        t.thread("faults", [&] {
            if (map::own(v) == nullptr) return;
            m.tag_new(page, v, 511);
            page.add_mapping();
            finds(m, page, v);
        });
        t.run();
        if (page.mapped()) page.remove_mapping();
        m.unlink(v);
    }

    static void finds(map& m, typename types::page& page, const vma& v) {
        unsigned met = 0;
        const auto r = m.template walk<need::unsound>(page, [&](const auto& place) {
            if (&place.vma() == &v && place.address() == 511) ++met;
        });
        require(r.state == status::ok && met != 0, "a page that is mapped is not found");
    }

    suite* s_;
    const law* faults_;
    credits to_;
};

/// A lookup with a tag whose anon_vma is recycled into another tree meanwhile. The policy's memory
/// of anon_vmas is type-stable.
template <class Policy>
void recycled_beside_walk(test& t) {
    using types = explored_types<Policy>;
    typename types::map m;
    typename types::mm mm[4];
    typename types::page page;
    using vma = typename types::vma;
    vma parent{mm[0], 508, 8, 508}, other{mm[1], 508, 8, 508};
    vma child{mm[2], 508, 8, 508}, next{mm[2], 508, 8, 508}, grandchild{mm[3], 508, 8, 508};
    ok(m.prepare(parent));
    ok(m.prepare(other));
    ok(m.fork(child, parent));
    m.tag_new(page, child, 511);
    page.add_mapping();
    t.thread("recycles", [&] {
        page.remove_mapping();
        m.unlink(child);
        ok(m.fork(next, other));
        m.tag_new(page, next, 511);
        page.add_mapping();
        ok(m.fork(grandchild, next));  // a change under the new tree's locks
    });
    t.thread("walks", [&] {
        const auto look = [&](const auto& place) {
            require(types::map::linked(place.vma()), "a vma is met that is not linked");
        };
        static_cast<void>(m.template walk<need::unsound>(page, look));
    });
    t.run();
    page.remove_mapping();
    for (vma* v : {&grandchild, &next, &other, &parent})
        m.unlink(*v);
}

/// Everything that is known of disciplines.
template <class Locking, class Topology, class Merge>
class discipline_suite {
    using law_of = discipline_law;
    using policy = explored_policy<Locking, Topology, Merge>;
    using stable = explored_policy<Locking, Topology, Merge, lifetimes::type_stable>;

public:
    explicit discipline_suite(suite& of) : s_{&of} {}

    void run() {
        s_->always({failure_kind::check, &law_of::lock_order, held_ranks::complaint});
        guard_suite<policy>{*s_}.run();
        if (s_->is_broken(law_of::covers)) {
            for (const law* l :
                 {&law_of::lock_order, &law_of::no_deadlock, &law_of::nothing_races,
                  &law_of::walks_are_complete, &law_of::first_faults, &law_of::stale_lookups}) {
                s_->not_seen(*l, "discipline.covers is broken, so a walk may never end");
            }
            return;
        }
        walk_suite<policy> walks{*s_, law_of::walks_are_complete, of_operations()};
        walks.beside_each_other();
        walks.beside_a_walk();
        fault_suite<policy>{*s_, law_of::first_faults, of_operations()}.run();
        s_->explored(law_of::stale_lookups, "an anon_vma is recycled beside a walk", {},
                     recycled_beside_walk<stable>);
        s_->explored(law_of::stale_lookups,
                     "an anon_vma is recycled beside a walk, C++ memory model", {.weak = true},
                     recycled_beside_walk<stable>);
    }

private:
    suite* s_;
};

}  // namespace rmap::inline RMAP_ABI::verify::conformance
