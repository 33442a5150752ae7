// SPDX-License-Identifier: BSL-1.0

// What is different under other topologies: chain_list keeps vmas in the order in which they came;
// cow_tree keeps an anon_vma that nobody uses for the next fork of its family, and late_cow_tree
// gives a fork child its own at its first fault.

#include "kill/disciplines.hpp"
#include "support/page_stories.hpp"

namespace kill {

namespace {

template <class Locking>
struct under : explored {
    using locking = Locking;
    using merge = no_reuse;
    using topology = rmap::topologies::chain_list;
};

struct in_cow_tree : explored {
    using topology = rmap::topologies::cow_tree;
};
using cow_system = rmap_test::system_of<in_cow_tree>;

/// A family with a child that is gone: its anon_vma waits.
struct cow_family : cow_system {
    cow_family() {
        ok(map.prepare(parent));
        ok(map.fork(child, parent));
        waits = map.own(child);
    }
    static void ok(rmap::status s) {
        verify::require(s == rmap::status::ok, "an operation failed");
    }
    vma parent{mm[0], 0, 4, 0};
    vma child{mm[1], 0, 4, 0};
    vma next{mm[2], 0, 4, 0};
    map_type::anon_vma_type* waits = nullptr;
};

/// Who held the last reference but one is done when the anon_vma is used anew.
void let_go(verify::test& t) {
    cow_family f;
    in_cow_tree::atomics::plain<int> content{0};
    rmap::ops::get(*f.waits);
    t.thread("lets go", [&] {
        static_cast<void>(content.get());
        f.map.put(*f.waits);
    });
    t.thread("ends, forks", [&] {
        f.map.unlink(f.child);
        f.ok(f.map.fork(f.next, f.parent));
        if (f.map.own(f.next) == f.waits) content = 1;
    });
    t.run();
    f.map.unlink(f.next);
    f.map.unlink(f.parent);
}

struct in_late_cow_tree : explored {
    using topology = rmap::topologies::late_cow_tree;
};
using late_system = rmap_test::system_of<in_late_cow_tree>;

/// A fork child gets its own anon_vma while its family is walked.
void settled(verify::test& t) {
    late_system f;
    late_system::vma parent{f.mm[0], 0, 4, 0};
    late_system::vma child{f.mm[1], 0, 4, 0};
    cow_family::ok(f.map.prepare(parent));
    cow_family::ok(f.map.fork(child, parent));
    t.thread("writes", [&] { cow_family::ok(f.map.prepare(child)); });
    t.thread("walks", [&] {
        unsigned met = 0;
        const auto walked = f.map.walk_from(*f.map.own(parent), 1, [&](const auto& place) {
            met += &place.vma() == &parent || &place.vma() == &child ? 1U : 0U;
        });
        verify::require(walked.state == rmap::status::ok && met == 2, "a vma is missed");
    });
    t.run();
    f.map.unlink(child);
    f.map.unlink(parent);
}

}  // namespace

void tell_lists(stories& out) {
    out.push_back(
        {"cow_tree: an anon_vma is used again beside one who lets go", "root", weakly, let_go});
    out.push_back({"late_cow_tree: a child gets its own anon_vma beside a walk", "root", weakly,
                   settled});
    const char* const also = ", in lists";
    family_stories<under<rmap::locking::root>>{out, "root", also}.of_moves();
    family_stories<under<rmap::locking::lock_all>>{out, "lock_all", also}.of_moves();
    family_stories<under<rmap::locking::per_anon_vma>>{out, "per_anon_vma", also}.of_moves();
}

}  // namespace kill
