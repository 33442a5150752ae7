// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the operations of a map do beside each other, under a discipline: two threads of one family.

#include <string>
#include <utility>

#include "kill/kill.hpp"
#include "kill/kin.hpp"

namespace kill {

template <class Policy>
class family_stories {
    using family = kin<Policy>;
    using map_type = typename family::map_type;
    using vma = typename family::vma;
    using step = void (*)(family&);
    static constexpr auto trying = rmap::walk_mode::try_lock;

public:
    family_stories(stories& out, const char* under, const char* also = "")
        : out_{&out}, under_{under}, also_{also} {}

    /// For every discipline.
    void of_chains() {
        tell("first faults of one vma", nothing, prepare, prepare);
        tell("first faults of a vma alone", nothing, prepare_alone, prepare_alone);
        tell("a first fault beside a walk", nothing, prepare, walk);
        tell("a fork beside a walk", nothing, fork_first, walk);
        tell("forks of siblings", nothing, fork_first, fork_second);
        tell("forks of parent and child", nothing, fork_first, fork_parent);
        tell("an exit beside a walk", map_more, exit_more, walk);
        tell("exits of siblings", map_more, exit_more, exit_second);
        tell("a vma shrinks beside a walk", nothing, shrink, walk);
        tell("a vma shrinks beside a walk that tries", nothing, shrink, walk_trying);
        tell("vmas of siblings shrink", nothing, shrink, shrink_second);
        tell("a vma is cut beside a walk", nothing, cut, walk);
        tell("a cut vma merges beside a walk", cut, merge, walk);
        tell("a vma takes over a chain beside a walk", nothing, take_over, walk);
        tell("a vma is copied beside a walk", nothing, copy, walk);
        tell("a vma shrinks beside a walk from its anon_vma", nothing, shrink, walk_from);
        tell("notes under a guard beside a walk", nothing, note_held, note_walking);
        tell("a fork beside a vma that shrinks", nothing, fork_first, shrink_second);
        tell("an exit beside a fork", map_more, exit_more, fork_second);
        tell("a vma shrinks beside a walk of its own page", nothing, shrink, walk_own);
        tell("a vma is cut beside a walk of its own page", nothing, cut, walk_own);
        tell("a cut vma merges beside a walk of its own page", cut, merge, walk_own);
        tell("an exit beside a walk of its own page", map_more, exit_first, walk_own);
        tell("a fork beside a walk of another shard", prepare, fork_beside, walk);
        tell("a fork beside a walk of another shard that tries", prepare, fork_beside, walk_trying);
        tell("a vma shrinks beside a walk of another shard", prepare, shrink_beside, walk);
        tell("an exit beside a walk of another shard", prepare, exit_beside, walk);
        tell("a vma is copied beside a walk of another shard", prepare, copy_beside, walk);
    }

    /// The batch forms, for disciplines of one lock a tree: others go one by one.
    void of_batches() {
        tell("a fork at once beside a walk", nothing, fork_all, walk);
        tell("an exit at once beside a walk", map_more, exit_all, walk);
        tell("a fork at once beside an exit at once", map_more, fork_all, exit_all);
        tell("exits at once of siblings", map_both, exit_all, exit_other);
    }

    /// What no discipline decides.
    void of_others() {
        tell("a file is mapped beside a walk of it", map_file, link, walk_file);
        tell("a file is unmapped beside a walk of it", map_file, unlink, walk_file);
        tell("a file is unmapped beside a walk that tries", map_file, unlink, walk_file_trying);
        tell("a vma of a file shrinks beside a walk of it", map_file, shrink_file, walk_file);
        tell("two map a file", nothing, link_parent, link);
        tell("a place is added beside a ksm walk", merge_same, ksm_add, walk_ksm);
        tell("a place is removed beside a ksm walk", merge_same, ksm_remove, walk_ksm);
        tell("a place is removed beside a ksm walk that tries", merge_same, ksm_remove,
             walk_ksm_trying);
        tell("a fork beside a ksm walk", merge_same, fork_first, walk_ksm);
        tell("a fork beside a ksm walk that tries", merge_same, fork_first, walk_ksm_trying);
        tell("all locks beside a vma that shrinks", map_file, all_locks, shrink);
        tell("all locks beside a file that is unmapped", map_file, all_locks, unlink);
        tell("all locks twice", map_file, all_locks, all_locks_of_first);
    }

    /// Entries move to a vma that a walk meets first.
    void of_moves() {
        tell("entries move back beside a walk", move_out, move_back, walk_entries);
        tell("a child's entries move back beside a walk", childs_move_out, childs_move_back,
             walk_childs_entries);
    }

private:
    void tell(const char* name, step before, step one, step other) {
        out_->push_back({name + std::string{also_}, under_, plainly, [=](verify::test& t) {
                             family k;
                             before(k);
                             t.thread("one", [&] { one(k); });
                             t.thread("other", [&] { other(k); });
                             t.run();
                         }});
    }

    static void nothing(family&) {}

    // ---- walks
    static void walk(family& k) { k.walk(); }
    static void walk_trying(family& k) { k.walk(trying); }
    static void walk_from(family& k) {
        auto* const av = k.map.get(k.page);
        verify::require(av != nullptr, "a mapped page without anon_vma");
        static_cast<void>(k.map.template walk_from<rmap::need::unsound>(
            *av, family::where, [](const auto& place) {
                verify::require(place.address() == family::where, "a wrong address");
            }));
        k.map.put(*av);
    }
    static void walk_own(family& k) {
        bool met = false;
        const auto result = k.map.template walk<rmap::need::unsound>(
            k.childs,
            [&](const auto& place) { met = met || place.address() == family::childs_where; });
        verify::require(met || result.state == rmap::status::not_mapped,
                        "a page of one mapping was not met");
    }
    static void walk_file(family& k) { file_walk(k, rmap::walk_mode::wait); }
    static void walk_file_trying(family& k) { file_walk(k, trying); }
    static void file_walk(family& k, rmap::walk_mode mode) {
        bool parent = false;
        const auto result = k.map.walk_file(
            k.file, 0, 64, [&](const auto& p) { parent = parent || &p.vma() == &k.below; }, mode);
        verify::require(parent || result.state == rmap::status::contended,
                        "a vma that maps the file all the time was not met");
    }
    static void walk_ksm(family& k) { ksm_walk(k, rmap::walk_mode::wait); }
    static void walk_ksm_trying(family& k) { ksm_walk(k, trying); }
    static void ksm_walk(family& k, rmap::walk_mode mode) {
        bool parent = false;
        const auto result = k.map.template walk<rmap::need::unsound>(
            k.same, [&](const auto& p) { parent = parent || &p.vma() == &k.parent; }, mode);
        verify::require(parent || result.state == rmap::status::contended,
                        "a merged place was not met");
    }
    static void entries_in(family& k, const typename family::space& in) {
        unsigned found = 0;
        const auto result = k.map.template walk<rmap::need::unsound>(k.page, [&](const auto& p) {
            const rmap::write_guard held{p.mm().pte_lock};
            if (&p.mm() == &in && in.maps[p.address()]) ++found;
        });
        verify::require(result.state == rmap::status::ok, "the walk gave up");
        verify::require(!family::complete || found != 0, "a walk missed an entry that moved");
    }
    static void walk_entries(family& k) { entries_in(k, k.mm[0]); }
    static void walk_childs_entries(family& k) { entries_in(k, k.mm[1]); }

    // ---- changes of chains
    static void prepare(family& k) { k.ok(k.map.prepare(k.beside, nullptr, &k.parent)); }
    static void prepare_alone(family& k) { k.ok(k.map.prepare(k.more)); }
    static void fork_beside(family& k) {
        k.most.set_range(12, 4, 12);
        k.ok(k.map.fork(k.most, k.beside));
    }
    static void shrink_beside(family& k) { k.ok(k.map.adjust(k.beside, {12, 3, 12})); }
    static void exit_beside(family& k) { k.map.unlink(k.beside); }
    static void copy_beside(family& k) {
        k.most.set_range(40, 4, 12);
        k.ok(k.map.clone(k.most, k.beside, rmap::ops::clone_op::remap));
    }
    static void exit_first(family& k) {
        k.childs.remove_mapping();
        k.page.remove_mapping();
        k.map.unlink(k.first);
        k.childs.add_mapping();
    }
    static void fork_first(family& k) { k.ok(k.map.fork(k.more, k.first)); }
    static void fork_second(family& k) { k.ok(k.map.fork(k.most, k.second)); }
    static void fork_parent(family& k) { k.ok(k.map.fork(k.most, k.parent)); }
    static void map_more(family& k) { k.ok(k.map.fork(k.more, k.first)); }
    static void exit_more(family& k) { k.map.unlink(k.more); }
    /// A cursor over one.
    template <class T>
    static auto only(T one) {
        return [one]() mutable { return std::exchange(one, T{}); };
    }
    /// Two, as one alone is forked as by fork().
    static void fork_all(family& k) {
        const rmap::fork_pair<vma> pairs[] = {{&k.most, &k.second}, {&k.last, &k.second}, {}};
        k.ok(k.map.fork_all([pairs, i = 0]() mutable { return pairs[i++]; }));
    }
    static void exit_all(family& k) { k.map.unlink_all(only(&k.more)); }
    static void exit_other(family& k) { k.map.unlink_all(only(&k.most)); }
    static void map_both(family& k) {
        map_more(k);
        fork_second(k);
    }
    static void exit_second(family& k) {
        k.page.remove_mapping();
        k.map.unlink(k.second);
    }
    static void shrink(family& k) { k.ok(k.map.adjust(k.first, {16, 7, 16})); }
    static void shrink_second(family& k) { k.ok(k.map.adjust(k.second, {17, 7, 17})); }
    static void cut(family& k) { k.ok(k.map.split(k.first, k.upper, 17)); }
    static void merge(family& k) {
        typename family::request want;
        want.range = {17, 7, 17};
        want.prev = &k.first;
        want.middle = &k.upper;
        merged(k, want);
    }
    static void take_over(family& k) {
        typename family::request want;
        want.range = {16, 8, 16};
        want.prev = &k.below;
        want.middle = &k.parent;
        merged(k, want);
    }
    static void merged(family& k, const typename family::request& want) {
        const auto result = k.map.merge(want);
        verify::require(result.what == rmap::merge_case::all_into_prev, "nothing merged");
    }
    static void copy(family& k) {
        k.more.set_range(40, 8, 16);
        k.ok(k.map.clone(k.more, k.first, rmap::ops::clone_op::remap));
    }
    static void note_held(family& k) {
        const auto held = rmap::ops::chain_guard<map_type>(k.parent);
        k.noted = k.noted + 1;
    }
    static void note_walking(family& k) {
        k.ok(k.map.with_anon_vma(k.page,
                                 [&](auto&, rmap::pgoff_t) { static_cast<void>(k.noted.get()); }));
    }

    // ---- files
    static void enter(family& k, vma& v) {
        v.file = &k.file;
        k.map.link_file(v);
    }
    static void map_file(family& k) {
        enter(k, k.below);
        enter(k, k.beside);
    }
    static void link(family& k) { enter(k, k.more); }
    static void link_parent(family& k) { enter(k, k.below); }
    static void unlink(family& k) {
        k.map.unlink_file(k.beside);
        k.beside.file = nullptr;
    }
    static void shrink_file(family& k) { k.ok(k.map.adjust(k.beside, {12, 3, 12})); }

    // ---- same pages
    static void merge_same(family& k) {
        k.map.tag_ksm(k.same, k.node);
        k.map.ksm_add(k.node, k.items[0], *k.map.own(k.parent), k.mm[0], family::where);
        k.map.ksm_add(k.node, k.items[1], *k.map.own(k.first), k.mm[1], family::where);
    }
    static void ksm_add(family& k) {
        k.map.ksm_add(k.node, k.items[2], *k.map.own(k.second), k.mm[2], family::where);
    }
    static void ksm_remove(family& k) { k.map.ksm_remove(k.node, k.items[1]); }

    // ---- all locks
    template <std::size_t N>
    static void with_all_locks(family& k, vma* const (&vmas)[N]) {
        const auto held = k.map.take_all_locks([&](auto f) {
            for (auto* v : vmas)
                f(*v);
        });
        // Nothing can move under them.
        k.noted = k.noted + 1;
        for (auto* v : {&k.first, &k.second})
            static_cast<void>(v->pages());
        static_cast<void>(rmap::ops::file_tree<map_type>::valid(k.file.vmas));
    }
    static void all_locks(family& k) {
        vma* const vmas[] = {&k.parent, &k.below, &k.beside};
        with_all_locks(k, vmas);
    }
    static void all_locks_of_first(family& k) {
        vma* const vmas[] = {&k.first};
        with_all_locks(k, vmas);
    }

    // ---- moves
    /// The upper half of `low` is elsewhere, as `away`, and `low` has room for it.
    static void move_out(family& k, vma& low, vma& spare, vma& away) {
        low.mm().maps[family::where] = true;
        k.ok(k.map.split(low, spare, family::where));
        away.set_range(8, 7, family::where);
        k.ok(k.map.clone(away, spare, rmap::ops::clone_op::remap));
        low.mm().maps[8] = true;
        low.mm().maps[family::where] = false;
        k.map.unlink(spare);
    }
    static void move_back(family& k, vma& low, vma& spare, vma& away) {
        typename family::request want;
        want.range = {family::where, 7, family::where};
        want.copied_from = &away;
        want.prev = &low;
        const auto moved = k.map.copy_vma(want, spare);
        verify::require(moved.to == &low, "the copy did not merge");
        {
            const typename map_type::move_locks held{low, moved.needs_locks};
            const rmap::write_guard entries{low.mm().pte_lock};
            low.mm().maps[family::where] = true;
            low.mm().maps[8] = false;
        }
        k.map.unlink(away);
    }
    static void move_out(family& k) { move_out(k, k.parent, k.beside, k.below); }
    static void move_back(family& k) { move_back(k, k.parent, k.beside, k.below); }
    static void childs_move_out(family& k) { move_out(k, k.first, k.upper, k.aside); }
    static void childs_move_back(family& k) { move_back(k, k.first, k.upper, k.aside); }

    stories* out_;
    const char* under_;
    const char* also_;  // behind the names of the stories
};

}  // namespace kill
