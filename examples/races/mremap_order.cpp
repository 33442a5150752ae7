// SPDX-License-Identifier: BSL-1.0

// The upper half of a vma was moved away, and is moved back: the copy merges into the lower half,
// which a walk meets first. So a walk can have looked at the target when the entries move, and come
// to the source when they are gone. Locks of page tables do not help: the walk holds one at a time.

#include "gallery.hpp"
#include "policies.hpp"
#include "small_mm.hpp"

namespace races {

namespace {

enum class entries { under_move_locks, under_page_table_locks };

template <entries Move>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [](test& t) {
        using mm = small_mm<explored>;
        using vma = mm::vma;
        mm world;
        mm::space space;
        vma low{space, 100, 4};
        world.touch(low, 102);
        vma high{space, 102, 2};
        mm::must(world.map.split(low, high, 102));
        vma away{space, 201, 2, 102};
        vma* source = &high;
        vma* spare = &away;
        mm::map_type::request out;
        out.range = {201, 2, 102};
        out.copied_from = source;
        const auto moved_out = world.map.copy_vma(out, *spare);
        mm::must(moved_out.state);
        mm::move_entry(space, 102, 201);
        world.map.unlink(high);

        t.name(space.pte_lock, "pte lock");
        world.call(t, mm::map_type::own(low), "tree lock", "anon_vma.root");
        world.call_rest(t);
        call_vma(t, low, "low.anon_vma");
        call_vma(t, away, "away.anon_vma");
        space.say(102, {"at the lower half: nothing", "at the lower half: the page"});
        space.say(201, {"at the copy: nothing", "at the copy: the page"});
        unsigned found = 0;
        t.thread("mremap", [&] {
            vma unused{space, 102, 2, 102};
            mm::map_type::request back;
            back.range = {102, 2, 102};
            back.copied_from = &away;
            back.prev = &low;
            const auto moved = world.map.copy_vma(back, unused);
            mm::must(moved.state);
            require(moved.to == &low, "the copy did not merge");
            {
                const bool locks = Move == entries::under_move_locks && moved.needs_locks;
                const mm::map_type::move_locks held{*moved.to, locks};
                rmap::verify::point("the entry moves from the copy to the lower half");
                mm::move_entry(space, 201, 102);
            }
            world.map.unlink(away);
        });
        t.thread("migration", [&] { found = world.count_mappings(); });
        t.run();
        require(found != 0, "the walk missed a page that was mapped all the time");
        require(found == 1, "the walk met one mapping twice");
        world.leave(space, 102);
        world.map.unlink(low);
    });
}

}  // namespace

const race mremap_order{
    .name = "mremap-order",
    .source = "Andrea Arcangeli, 4 November 2011; Linux 948f017b093a",
    .story = "mremap moves a page to a vma that the walk has passed, from one it comes to",
    .rule = "entries that move to a vma which walks meet earlier move under `move_locks`",
    .kind = failure_kind::assertion,
    .with = {},
    .broken = {"entries move under the page tables' locks alone, as the mail proposes",
               run<entries::under_page_table_locks>},
    .fixed = {"entries move under move_locks where copy_vma says needs_locks",
              run<entries::under_move_locks>},
};

}  // namespace races
