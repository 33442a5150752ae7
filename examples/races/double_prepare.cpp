// SPDX-License-Identifier: BSL-1.0

// Two neighbours of a vma, one with an anon_vma, the other about to get one. Two faults in the
// middle choose different ones, and hold different locks: the page_table_lock keeps the second from
// linking the vma once more.

#include <rmap/locks/none.hpp>

#include "gallery.hpp"
#include "policies.hpp"
#include "small_mm.hpp"

namespace races {

namespace {

template <class Policy, class FaultLock>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [](test& t) {
        using mm = small_mm<Policy, FaultLock>;
        mm world;
        typename mm::space space;
        typename mm::vma left{space, 100, 2};
        typename mm::vma middle{space, 102, 2};
        typename mm::vma right{space, 104, 2};
        mm::must(world.map.prepare(left));
        t.name(space.page_table_lock, "page_table_lock");
        world.call(t, mm::map_type::own(left), "P's tree lock", "P's root");
        world.call_rest(t);
        call_vma(t, left, "P.anon_vma");
        call_vma(t, middle, "M.anon_vma");
        call_vma(t, right, "N.anon_vma");

        const auto fault_in_middle = [&] {
            mm::must(world.map.prepare(middle, &left, &right));
            auto* const own = mm::map_type::own(middle);
            rmap::verify::point(own == mm::map_type::own(left) ? "M has P's anon_vma"
                                                               : "M has N's anon_vma");
        };
        t.thread("fault in M", fault_in_middle);
        t.thread("fault in N, then M", [&] {
            mm::must(world.map.prepare(right, nullptr, nullptr));
            t.name(mm::map_type::own(right)->lock, "N's tree lock");
            t.name(mm::map_type::own(right)->root, "N's root");
            fault_in_middle();
        });
        t.run();

        unsigned links = 0;
        mm::map_type::for_each_link(middle, [&](const auto&) { ++links; });
        require(links == 1, "M is linked to the anon_vmas of both neighbours");
        for (auto* v : {&left, &middle, &right})
            world.map.unlink(*v);
    });
}

}  // namespace

const race double_prepare{
    .name = "double-prepare",
    .source = "Hugh Dickins, 7 June 2009: \"we don't want to choose both!\"",
    .story = "two first faults of a vma choose the anon_vmas of different neighbours",
    .rule = "first faults of an address space exclude each other",
    .kind = failure_kind::assertion,
    .with = {},
    .broken = {"the page_table_lock does nothing (locks::none)",
               run<explored_unwatched, rmap::locks::none>},
    .fixed = {"the second fault waits at the page_table_lock, and looks again",
              run<explored, explored::lock>},
};

}  // namespace races
