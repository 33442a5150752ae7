// SPDX-License-Identifier: BSL-1.0

// topologies::cow_tree under the explorer: a walk from a shared page, while another thread forks,
// ends, splits, moves or merges what shares blocks with the places of the walk. Searched completely
// under sequential and weak memory: what is mapped all the time is met, once, at its address; what
// comes or goes is met at most once; no entry is read while it changes.

#include <cstdio>
#include <cstdlib>

#include <rmap/rmap.hpp>
#include <rmap/verify/explore.hpp>

#include "support/explored_family.hpp"

namespace {

namespace verify = rmap::verify;
using rmap_test::ok;

using policy = rmap_test::explored<rmap::locking::root, rmap::merges::linux_6_18,
                                   rmap::topologies::cow_tree>;
using types = rmap_test::toy<policy>;

/// A parent and four children, which fill a block; a grandchild below the first.
struct wide_family {
    wide_family() {
        ok(map.prepare(parent));
        map.tag_new(page, parent, 20);
        page.add_mapping();
        for (auto& child : children) {
            ok(map.fork(child, parent));
            page.add_mapping();
        }
        ok(map.fork(below, children[0]));
    }
    ~wide_family() {
        for (auto* v : {&below, &children[0], &children[1], &children[2], &children[3], &parent})
            map.unlink(*v);
        while (page.mapped()) page.remove_mapping();
    }

    /// Each of the five spaces in which the page is mapped throughout is met once, others at most.
    void look() {
        unsigned met[8] = {};
        const auto walked = map.walk(page, [&](const auto& place) {
            verify::require(place.address() == 20, "a wrong address");
            verify::require(&place.vma().mm() == &place.mm(), "a vma of another space");
            for (unsigned i = 0; i != 8; ++i) met[i] += &place.mm() == &mm[i] ? 1U : 0U;
        });
        verify::require(walked.state == rmap::status::ok, "the walk gave up");
        for (unsigned i = 0; i != 8; ++i) verify::require(met[i] <= 1, "a place was met twice");
        for (const unsigned i : {0U, 1U, 2U, 3U}) {
            verify::require(met[i] == 1, "a mapping that exists all the time was not met");
        }
    }

    types::map map;
    types::mm mm[8];
    types::page page;
    types::vma parent{mm[0], 16, 8, 16};
    types::vma children[4] = {{mm[1], 16, 8, 16}, {mm[2], 16, 8, 16}, {mm[3], 16, 8, 16},
                              {mm[4], 16, 8, 16}};
    types::vma below{mm[5], 16, 8, 16};
    types::vma fresh{mm[6], 16, 8, 16};
    types::vma part{mm[2], 22, 2, 22};
};

template <class Change>
bool beside_walk(const char* name, Change change) {
    bool good = true;
    for (const bool weak : {false, true}) {
        const auto r = verify::explore(name, {.weak = weak}, [&](verify::test& t) {
            wide_family f;
            t.thread("change", [&] { change(f); });
            t.thread("walk", [&] { f.look(); });
            t.run();
            f.look();
            f.map.unlink(f.fresh);
            f.map.unlink(f.part);
        });
        if (r.failed() || !r.complete) {
            std::printf("%s: %s\n%s\n", name, r.what.what.c_str(), r.text.c_str());
            good = false;
        }
    }
    return good;
}

/// A child ends, and its anon_vma is to be the next child's: but for one who holds a reference on
/// it and drops it meanwhile.
bool beside_a_reference() {
    bool good = true;
    for (const bool weak : {false, true}) {
        const auto r = verify::explore("reference", {.weak = weak}, [&](verify::test& t) {
            wide_family f;
            types::page own;
            f.map.tag_new(own, f.children[3], 21);
            own.add_mapping();
            auto* const held = f.map.get(own);
            own.remove_mapping();
            f.map.untag(own);
            t.thread("change", [&] {
                f.map.unlink(f.children[3]);
                ok(f.map.fork(f.fresh, f.parent));
            });
            t.thread("holder", [&] { f.map.put(*held); });
            t.run();
            f.look();
            f.map.unlink(f.fresh);
        });
        if (r.failed() || !r.complete) {
            std::printf("reference: %s\n%s\n", r.what.what.c_str(), r.text.c_str());
            good = false;
        }
    }
    return good;
}

}  // namespace

int main() {
    bool good = beside_a_reference();
    // The fifth child takes another block.
    good &= beside_walk("fork", [](wide_family& f) { ok(f.map.fork(f.fresh, f.parent)); });
    good &= beside_walk("fork below", [](wide_family& f) { ok(f.map.fork(f.fresh, f.below)); });
    good &= beside_walk("exit", [](wide_family& f) { f.map.unlink(f.children[3]); });
    good &= beside_walk("exit of the grandchild", [](wide_family& f) { f.map.unlink(f.below); });
    good &= beside_walk("fork, exit", [](wide_family& f) {
        ok(f.map.fork(f.fresh, f.parent));
        f.map.unlink(f.fresh);
    });
    // A child in two pieces is looked for inside, not in its parent's entries.
    good &= beside_walk("split", [](wide_family& f) {
        ok(f.map.split(f.children[1], f.part, 22));
    });
    good &= beside_walk("split, merge", [](wide_family& f) {
        ok(f.map.split(f.children[1], f.part, 22));
        typename types::map::request want;
        want.range = {22, 2, 22};
        want.prev = &f.children[1];
        want.middle = &f.part;
        ok(f.map.merge(want).state);
    });
    good &= beside_walk("shrink, grow", [](wide_family& f) {
        ok(f.map.adjust(f.children[2], {18, 4, 18}));
        ok(f.map.adjust(f.children[2], {16, 9, 16}));
    });
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
