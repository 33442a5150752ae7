// SPDX-License-Identifier: BSL-1.0

// topologies::late_cow_tree under the explorer: fork children that get their own anon_vma beside a
// walk, beside another fault of the same vma, and beside relatives that move their entries about.
// Searched completely under sequential and weak memory.

#include <cstdio>
#include <cstdlib>

#include <rmap/rmap.hpp>
#include <rmap/verify/explore.hpp>

#include "support/explored_family.hpp"

namespace {

namespace verify = rmap::verify;
using rmap_test::ok;

using policy = rmap_test::explored<rmap::locking::root, rmap::merges::linux_6_18,
                                   rmap::topologies::late_cow_tree>;
using types = rmap_test::toy<policy>;
using map_type = types::map;

/// A parent and four late children, which fill a block.
struct late_family {
    late_family() {
        ok(map.prepare(parent));
        map.tag_new(page, parent, 20);
        page.add_mapping();
        for (auto& child : children) {
            ok(map.fork(child, parent));
            page.add_mapping();
        }
    }
    ~late_family() {
        for (auto* v : {&fresh, &below, &part, &children[0], &children[1], &children[2],
                        &children[3], &parent}) {
            map.unlink(*v);
        }
        while (page.mapped())
            page.remove_mapping();
    }

    /// Each of the first three spaces, in which the page is mapped throughout, is met once, others
    /// at most.
    void look() {
        unsigned met[7] = {};
        const auto walked = map.walk(page, [&](const auto& place) {
            verify::require(place.address() == 20, "a wrong address");
            verify::require(&place.vma().mm() == &place.mm(), "a vma of another space");
            for (unsigned i = 0; i != 7; ++i)
                met[i] += &place.mm() == &mm[i] ? 1U : 0U;
        });
        verify::require(walked.state == rmap::status::ok, "the walk gave up");
        for (unsigned i = 0; i != 7; ++i)
            verify::require(met[i] <= 1, "a place was met twice");
        for (const unsigned i : {0U, 2U, 4U}) {
            verify::require(met[i] == 1, "a mapping that exists all the time was not met");
        }
    }
    /// A private page of a vma whose fault is over.
    void owns(types::vma& v, types::page& own) {
        map.tag_new(own, v, 21);
        own.add_mapping();
        unsigned met = 0;
        const auto walked = map.walk(own, [&](const auto& place) {
            met += &place.vma() == &v && place.address() == 21 ? 1U : 0U;
        });
        verify::require(walked.state == rmap::status::ok && met == 1, "a private page is lost");
        own.remove_mapping();
    }

    map_type map;
    types::mm mm[7];
    types::page page;
    types::vma parent{mm[0], 16, 8, 16};
    types::vma children[4] = {
        {mm[1], 16, 8, 16}, {mm[2], 16, 8, 16}, {mm[3], 16, 8, 16}, {mm[4], 16, 8, 16}};
    types::vma fresh{mm[5], 16, 8, 16};
    types::vma below{mm[6], 16, 8, 16};
    types::vma part{mm[2], 22, 2, 22};
};

template <class First, class Second>
bool beside(const char* name, First first, Second second) {
    bool good = true;
    for (const bool weak : {false, true}) {
        const auto r = verify::explore(name, {.weak = weak}, [&](verify::test& t) {
            late_family f;
            t.thread("first", [&] { first(f); });
            t.thread("second", [&] { second(f); });
            t.run();
            f.look();
        });
        if (r.failed() || !r.complete) {
            std::printf("%s: %s\n%s\n", name, r.what.what.c_str(), r.text.c_str());
            good = false;
        }
    }
    return good;
}

}  // namespace

int main() {
    const auto walk = [](late_family& f) { f.look(); };
    const auto writes = [](late_family& f) {
        ok(f.map.prepare(f.children[3]));
        types::page own;
        f.owns(f.children[3], own);
    };
    // One more takes a larger block, into which the others' entries move.
    const auto relatives = [](late_family& f) {
        ok(f.map.fork(f.fresh, f.parent));
        f.map.unlink(f.children[0]);
    };
    bool good = true;

    // Beside a walk.
    good &= beside("a first fault", writes, walk);
    good &= beside(
        "fork", [](auto& f) { ok(f.map.fork(f.fresh, f.parent)); }, walk);
    good &= beside(
        "fork of a late child", [](auto& f) { ok(f.map.fork(f.fresh, f.children[1])); }, walk);
    good &= beside(
        "exit", [](auto& f) { f.map.unlink(f.children[0]); }, walk);
    good &= beside("relatives", relatives, walk);
    good &= beside(
        "split", [](auto& f) { ok(f.map.split(f.children[1], f.part, 22)); }, walk);
    good &= beside(
        "shrink, grow",
        [](auto& f) {
            ok(f.map.adjust(f.children[3], {18, 4, 18}));
            ok(f.map.adjust(f.children[3], {16, 9, 16}));
        },
        walk);

    // Two faults of one vma, which share its address space's lock: who sees the own anon_vma finds
    // the vma there.
    good &= beside("two first faults", writes,
                   [](late_family& f) { ok(f.map.prepare(f.children[3])); });
    good &= beside("a fault that finds it prepared", writes, [](late_family& f) {
        if (map_type::own(f.children[3]) == nullptr) {
            verify::require(map_type::linked(f.children[3]), "a late vma seems to be unfaulted");
            return;
        }
        verify::require(map_type::inherited(f.children[3]), "a fork child seems to be none");
        types::page own;
        f.owns(f.children[3], own);
    });

    // Relatives move the entry, and do not hold the lock of the vma's address space.
    good &= beside("a first fault beside relatives", writes, relatives);
    good &= beside(
        "exit beside relatives",
        [](auto& f) {
            f.map.unlink(f.children[3]);
            ok(f.map.fork(f.children[3], f.parent));
        },
        relatives);
    good &= beside(
        "shrink beside relatives",
        [](auto& f) {
            ok(f.map.adjust(f.children[3], {18, 4, 18}));
        },
        relatives);
    good &= beside(
        "fork beside relatives", [](auto& f) { ok(f.map.fork(f.below, f.children[3])); },
        relatives);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
