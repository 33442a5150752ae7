// SPDX-License-Identifier: BSL-1.0

// A move that fails half-way is undone: the entries go back. On the way out a walk met the source
// first, so nothing was needed; on the way back the roles are exchanged.

#include "gallery.hpp"
#include "policies.hpp"
#include "small_mm.hpp"

namespace races {

namespace {

template <bool LocksOnTheWayBack>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [](test& t) {
        using mm = small_mm<explored>;
        mm world;
        mm::space space;
        mm::vma source{space, 100, 2};
        world.touch(source, 100);
        t.name(space.pte_lock, "pte lock");
        world.call(t, mm::map_type::own(source), "tree lock", "anon_vma.root");
        world.call_rest(t);
        call_vma(t, source, "source.anon_vma");
        space.say(100, {"at the source: nothing", "at the source: the page"});
        space.say(201, {"at the copy: nothing", "at the copy: the page"});
        unsigned found = 0;
        mm::vma copy{space, 201, 2, 100};
        call_vma(t, copy, "copy.anon_vma");
        t.thread("mremap", [&] {
            mm::map_type::request want;
            want.range = {201, 2, 100};
            want.copied_from = &source;
            const auto moved = world.map.copy_vma(want, copy);
            mm::must(moved.state);
            {
                const mm::map_type::move_locks held{copy, moved.needs_locks};
                rmap::verify::point("the entry moves to the copy");
                mm::move_entry(space, 100, 201);
            }
            {
                const mm::map_type::move_locks held{source, LocksOnTheWayBack};
                rmap::verify::point("no memory for the next one: the entry moves back");
                mm::move_entry(space, 201, 100);
            }
            world.map.unlink(copy);
        });
        t.thread("migration", [&] { found = world.count_mappings(); });
        t.run();
        require(found != 0, "the walk missed a page that was mapped all the time");
        world.leave(space, 100);
        world.map.unlink(source);
    });
}

}  // namespace

const race mremap_back{
    .name = "mremap-back",
    .source = "Linux 948f017b093a, the error path of move_page_tables",
    .story = "a move that failed is undone, against the order of the walk",
    .rule = "entries that move back do so under `move_locks`",
    .kind = failure_kind::assertion,
    .with = {},
    .broken = {"entries move back without move_locks, as they moved out", run<false>},
    .fixed = {"entries move back under move_locks", run<true>},
};

}  // namespace races
