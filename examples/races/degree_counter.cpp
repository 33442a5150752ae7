// SPDX-License-Identifier: BSL-1.0

// One counter for an anon_vma's children and for the vmas whose own it is. Without children and
// with one such vma it counts one, as if it had one child and no vma, and a second line of the
// family takes it over. Then two vmas of one process have one own anon_vma and different chains;
// when they merge, one chain goes. On the reference mm.

#include <rmap/mm.hpp>
#include <rmap/verify/explore.hpp>

#include "gallery.hpp"
#include "names.hpp"
#include "policies.hpp"

namespace races {

namespace {

template <class Merge>
struct ruled : explored {
    using merge = Merge;
};

/// Processes of one family; all have the four pages from `start` on.
template <class Policy>
class line {
public:
    using system = rmap::mm::system<Policy>;
    using space = typename system::space;
    static constexpr rmap::pgno start = 100;
    static constexpr auto rw = rmap::mm::prot::r | rmap::mm::prot::w;

    line() {
        must(mm.create_space(first));
        must(mm.mmap(*first, {start, 4, rw, rmap::mm::kind::anon, nullptr, 0}));
        must(mm.write(*first, start));
        // A parent that exits leaves its anon_vma to its child's child, twice.
        space* const second = forked(*first);
        space* const third = forked(*second);
        mm.exit(*second);
        space* const fourth = forked(*third);
        mm.exit(*third);
        // Now the third's anon_vma has neither children nor a vma. Two vmas from here on.
        must(mm.mprotect(*fourth, start, 2, rmap::mm::prot::r));
        space* const fifth = forked(*fourth);
        parent = forked(*fourth);
        mm.exit(*fifth);
        must(mm.mprotect(*parent, start, 2, rw));
        must(mm.write(*parent, start));
        must(mm.write(*parent, start + 2));
        child = forked(*parent);
        must(mm.mprotect(*child, start, 2, rmap::mm::prot::r));
    }

    static void must(rmap::status s) {
        rmap::verify::require(s == rmap::status::ok, "a step failed");
    }

    system mm{};
    space* first = nullptr;
    space* parent = nullptr;
    space* child = nullptr;

private:
    space* forked(space& from) {
        space* made = nullptr;
        must(mm.fork(from, made));
        return made;
    }
};

template <class Merge>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [](rmap::verify::test& t) {
        using family = line<ruled<Merge>>;
        family f;
        t.name(f.parent->mmap_lock, "parent's mmap_lock");
        t.name(f.child->mmap_lock, "child's mmap_lock");
        t.name(f.parent->table.find(f.start)->lock, "parent's pte lock");
        t.name(f.child->table.find(f.start)->lock, "child's pte lock");
        t.name(f.parent->table.find(f.start)->at(f.start).mapped()->lock, "page lock");
        t.name(family::system::map_type::own(*f.first->find(f.start))->lock, "tree lock");
        t.thread("the child's mprotect, munmap", [&] {
            f.must(f.mm.mprotect(*f.child, f.start, 2, f.rw));
            f.must(f.mm.munmap(*f.child, f.start + 3, 1));
        });
        t.thread("migration", [&] { f.must(f.mm.migrate(*f.parent, f.start, 1)); });
        t.run();
    });
}

}  // namespace

const race degree_counter{
    .name = "degree-counter",
    .source = "Linux 2555283eb40d, CVE-2022-42703",
    .story = "an anon_vma is taken over twice; a merge drops the links to a page's",
    .rule = "two vmas of one process with one own anon_vma have one chain",
    .kind = failure_kind::check,
    .with = {},
    .broken = {"merges::linux_3_19: one counter for children and vmas",
               run<rmap::merges::linux_3_19>},
    .fixed = {"merges::linux_6_15: two counters", run<rmap::merges::linux_6_15>},
};

}  // namespace races
