// SPDX-License-Identifier: BSL-1.0
#pragma once

// A small family for walks without the lock (ops/glance.hpp), over any explored policy that allows
// them, and stories about it: a page of a child, looked at while another thread forks, ends, splits
// or moves what the walk reads, or gives its memory to another family. What the visitor is handed
// is compared with the places that the page had between two changes: it must be one of these sets,
// whole, in the order of a walk.

#include <string>
#include <vector>

#include <rmap/rmap.hpp>
#include <rmap/verify/explore.hpp>

namespace rmap_test {

namespace verify = rmap::verify;

/// Collects the places of a walk, a letter for each address space: "bc".
template <class Mm>
struct letters {
    static constexpr bool needs_lock = false;
    const Mm* first;
    rmap::pgno at;
    std::string met{};

    template <class Place>
    void operator()(const Place& place) {
        verify::require(place.address() == at, "a wrong address");
        met += static_cast<char>('a' + (&place.mm() - first));
    }
};

/// What a family is from the beginning: b has the page, but where it is said that a has.
enum class shape {
    brothers,    // a has the children b and i, b has c and j: so b and all below have entries
    full,        // a has the only child b, b as many as a block has entries: c, j, k, l
    alone,       // a has the page, and nobody else is there
    with_child,  // a has the page, and the only child d
    only_child   // a has the only child b
};

/// Others may come.
template <class Policy>
struct glanced_family {
    struct space {
        rmap::lock_of_rank<Policy, rmap::lock_rank::page_table> page_table_lock{};
    };
    using vma = rmap::basic_vma<space, Policy>;
    using page_type = rmap::basic_page<Policy>;
    using map_type = rmap::reverse_map<page_type, vma, Policy>;
    static_assert(rmap::ops::can_glance<map_type>);

    static void ok(rmap::status s) {
        verify::require(s == rmap::status::ok, "an operation failed");
    }

    explicit glanced_family(shape of = shape::brothers) {
        const bool of_a = of == shape::alone || of == shape::with_child;
        ok(map.prepare(a));
        if (of == shape::with_child) ok(map.fork(d, a));
        if (!of_a) ok(map.fork(b, a));
        if (of == shape::brothers) ok(map.fork(i, a));
        map.tag_new(page, of_a ? a : b, 20);
        page.add_mapping();
        if (of != shape::brothers && of != shape::full) return;
        ok(map.fork(c, b));
        ok(map.fork(j, b));
        if (of != shape::full) return;
        ok(map.fork(k, b));
        ok(map.fork(l, b));
    }
    ~glanced_family() {
        for (vma* v : {&part, &own_part, &l, &k, &j, &i, &h, &g, &f, &e, &d, &c, &b, &a}) {
            if (map.own(*v) != nullptr) map.unlink(*v);
        }
        unmap();
    }
    void unmap() {
        while (page.mapped())
            page.remove_mapping();
    }

    /// What a walk meets; "-": not mapped.
    std::string look() {
        letters<space> seen{mm, 20};
        const auto walked = map.template walk<rmap::need::may_miss>(page, seen);
        if (walked.state == rmap::status::not_mapped) return "-";
        verify::require(walked.state == rmap::status::ok, "the walk gave up");
        verify::require(walked.places == seen.met.size(), "places were not counted");
        return seen.met;
    }

    map_type map;
    space mm[12];
    page_type page;
    vma a{mm[0], 16, 8, 16}, b{mm[1], 16, 8, 16}, c{mm[2], 16, 8, 16}, d{mm[3], 16, 8, 16};
    vma e{mm[4], 16, 8, 16}, f{mm[5], 16, 8, 16}, g{mm[6], 16, 8, 16}, h{mm[7], 16, 8, 16};
    vma i{mm[8], 16, 8, 16}, j{mm[9], 16, 8, 16}, k{mm[10], 16, 8, 16}, l{mm[11], 16, 8, 16};
    vma part{mm[2], 22, 2, 22}, own_part{mm[0], 22, 2, 22};
};

using place_sets = std::vector<std::string>;

/// change(family) beside a walk; the last of the sets is what is left in the end.
template <class Policy, class Change>
auto beside_glance(Change change, place_sets allowed, shape of = shape::brothers) {
    return [=](verify::test& t) {
        glanced_family<Policy> f{of};
        std::string met;
        t.thread("change", [&] { change(f); });
        t.thread("walk", [&] { met = f.look(); });
        t.run();
        bool is_one = false;
        for (const std::string& set : allowed)
            is_one = is_one || set == met;
        verify::require(is_one, "the walk met a set of places that there never was");
        verify::require(f.look() == allowed.back(), "a later walk met something else");
    };
}

template <class Policy>
struct glance_changes {
    using family = glanced_family<Policy>;
    static void ok(rmap::status s) { family::ok(s); }

    static void fork(family& f) { ok(f.map.fork(f.d, f.b)); }
    static void fork_below(family& f) { ok(f.map.fork(f.d, f.c)); }
    static void fork_beside(family& f) { ok(f.map.fork(f.d, f.a)); }
    static void exit(family& f) { f.map.unlink(f.c); }
    static void exit_of_first(family& f) { f.map.unlink(f.b); }
    static void fork_exit(family& f) {
        fork(f);
        exit(f);
    }
    static void exit_fork(family& f) {
        exit(f);
        fork(f);
    }
    static void shrink_grow(family& f) {
        ok(f.map.adjust(f.c, {16, 3, 16}));
        ok(f.map.adjust(f.c, {16, 9, 16}));
    }
    /// What split() made of `kept` becomes part of it again.
    static void rejoin(family& f, typename family::vma& kept, typename family::vma& part) {
        typename family::map_type::request want;
        want.range = {22, 2, 22};
        want.prev = &kept;
        want.middle = &part;
        ok(f.map.merge(want).state);
    }
    static void split(family& f) { ok(f.map.split(f.c, f.part, 22)); }
    static void split_merge(family& f) {
        split(f);
        rejoin(f, f.c, f.part);
    }
    /// The page becomes the child's own, whom it leads to then.
    static void own(family& f) { f.map.tag_own(f.page, f.c, 20); }
    /// The page moves to the parent, and what it led to becomes another child's.
    static void retag(family& f) {
        {
            const typename family::map_type::move_locks tree{f.b, true};
            f.map.tag_moved(f.page, f.a, 20);
        }
        for (auto* v : {&f.j, &f.c, &f.b})
            f.map.unlink(*v);
        ok(f.map.fork(f.d, f.a));
    }
    // ---- of a, alone or with one child

    static void first_fork(family& f) { ok(f.map.fork(f.d, f.a)); }
    static void forks(family& f) {
        first_fork(f);
        ok(f.map.fork(f.k, f.a));
    }
    static void fork_and_exit(family& f) {
        first_fork(f);
        f.map.unlink(f.d);
    }
    /// The child stays, and takes the page with it.
    static void fork_and_go(family& f) {
        first_fork(f);
        f.map.unlink(f.a);
    }
    static void own_split(family& f) { ok(f.map.split(f.a, f.own_part, 22)); }
    static void own_split_merge(family& f) {
        own_split(f);
        rejoin(f, f.a, f.own_part);
    }
    static void own_shrink_grow(family& f) {
        ok(f.map.adjust(f.a, {16, 3, 16}));
        ok(f.map.adjust(f.a, {16, 9, 16}));
    }
    /// Its range goes, and then its child.
    static void shrink_and_exit(family& f) {
        ok(f.map.adjust(f.a, {16, 3, 16}));
        f.map.unlink(f.d);
    }
    /// It ends, and its memory becomes another's, where the page is not mapped; or it is, too, at
    /// the same place, where it shrinks then, and loses its child.
    static void alone_end(family& f) {
        ok(f.map.prepare(f.e));
        f.unmap();
        f.map.unlink(f.a);
        ok(f.map.fork(f.k, f.e));
        ok(f.map.fork(f.g, f.k));
    }
    static void alone_again(family& f) {
        auto* const old = f.map.own(f.a);
        alone_end(f);
        verify::require(f.map.own(f.k) == old, "the memory was not used again as was meant");
        f.map.tag_new(f.page, f.k, 20);
        f.page.add_mapping();
        ok(f.map.adjust(f.k, {16, 3, 16}));
        f.map.unlink(f.g);
    }

    // ---- of b, an only child

    static void brother(family& f) { ok(f.map.fork(f.d, f.a)); }
    static void brother_goes(family& f) {
        brother(f);
        f.map.unlink(f.d);
    }
    static void parent_goes(family& f) { f.map.unlink(f.a); }
    static void child_end(family& f) {
        ok(f.map.prepare(f.e));
        f.unmap();
        f.map.unlink(f.b);
        f.map.unlink(f.a);
        ok(f.map.fork(f.k, f.e));
        ok(f.map.fork(f.g, f.e));
    }

    static void fork_exits(family& f) {
        fork(f);
        exit_of_first(f);
        exit(f);
    }
    /// The family ends, and its memory becomes a part of another one, where the page is not mapped.
    static void end_and_begin(family& f) {
        ok(f.map.prepare(f.e));
        f.unmap();
        for (auto* v : {&f.j, &f.c, &f.b, &f.i, &f.a})
            f.map.unlink(*v);
        for (auto* v : {&f.f, &f.g, &f.k, &f.l})
            ok(f.map.fork(*v, f.e));
    }
    /// The same; then the page is mapped there, and has the same tag: its anon_vma is where the old
    /// one was, under another root. And that family changes.
    static void second_life(family& f) {
        auto* const old = f.map.own(f.b);
        end_and_begin(f);
        auto& again = f.k;
        verify::require(f.map.own(again) == old, "the memory was not used again as was meant");
        f.map.tag_new(f.page, again, 20);
        f.page.add_mapping();
        ok(f.map.fork(f.h, again));
        ok(f.map.fork(f.d, again));
        f.map.unlink(again);
        f.map.unlink(f.h);
    }
};

}  // namespace rmap_test
