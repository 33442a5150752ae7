// SPDX-License-Identifier: BSL-1.0

// Fork children whose vmas have no own anon_vma yet, and pages of same content: when such a vma
// moves, its merged pages become private ones of it, so it needs its own first. With memory that
// fails at each call, too.

#include <cstdio>
#include <cstdlib>
#include <string>

#include <rmap/verify/invariants.hpp>

#include "support/failing_memory.hpp"
#include "support/mm_world.hpp"

namespace {

using rmap::status;

struct policy : rmap::late_cow_tree {
    using allocator = rmap_test::failing_memory;
};
using mm_system = rmap::mm::system<policy>;
using space = mm_system::space;
using page = mm_system::page_type;

int failures = 0;

void check(bool holds, const char* what) {
    if (holds) return;
    ++failures;
    std::printf("failed: %s\n", what);
}

page* page_at(space& s, rmap::pgno where) {
    auto* const l = s.table.find(where);
    return l == nullptr ? nullptr : l->at(where).mapped();
}

/// A parent with one page in two places, and a child that has written nothing.
struct family {
    family() {
        constexpr auto rw = rmap::mm::prot::r | rmap::mm::prot::w;
        ok(mm.create_space(parent));
        ok(mm.mmap(*parent, {100, 8, rw, rmap::mm::kind::anon, nullptr, 0}));
        for (const rmap::pgno at : {rmap::pgno{101}, rmap::pgno{102}, rmap::pgno{104}})
            ok(mm.write(*parent, at));
        const mm_system::place_type same[] = {{parent, 101}, {parent, 102}};
        ok(mm.merge_same(same, 2));
        ok(mm.fork(*parent, child));
        check(mm_system::map_type::late(*child->find(100)), "the child's vma is late");
    }
    static void ok(status s) { check(s == status::ok, "a step failed"); }

    void invariants() {
        rmap_test::mm_world<policy> world{mm};
        for (const auto& v : rmap::verify::check(world))
            check(false, ("I" + std::to_string(v.invariant) + ": " + v.text).c_str());
    }

    mm_system mm{};
    space* parent = nullptr;
    space* child = nullptr;
};

/// Part of the vma moves, with one of its merged pages, or with none of them.
void moves_a_part(rmap::pgno from, bool merged) {
    for (long n = 0;; ++n) {
        family f;
        page* const old = page_at(*f.child, from);
        rmap_test::failing_memory::until_failure = n;
        const status s = f.mm.mremap(*f.child, from, 1, 200, 1, false);
        rmap_test::failing_memory::until_failure = rmap_test::failing_memory::never;
        f.invariants();
        if (s == status::no_memory) {
            check(page_at(*f.child, from) == old, "a move that failed has moved");
            continue;
        }
        family::ok(s);
        page* const now = page_at(*f.child, 200);
        check(now != nullptr && page_at(*f.child, from) == nullptr, "the page has not moved");
        check((now != old) == merged, "merged pages are copied, others not");
        if (merged && now != nullptr) {
            check(!now->ksm() && now->mapcount() == 1, "the copy is not the child's alone");
            unsigned met = 0;
            static_cast<void>(f.mm.map().walk(*now, [&](const auto& place) {
                met += &place.mm() == f.child && place.address() == 200 ? 1U : 0U;
            }));
            check(met == 1, "the walk of the copy does not meet it once");
        }
        check(n > 0, "no allocation was made to fail");
        return;
    }
}

}  // namespace

int main() {
    moves_a_part(101, true);
    moves_a_part(104, false);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
