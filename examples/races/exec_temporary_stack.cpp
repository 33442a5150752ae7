// SPDX-License-Identifier: BSL-1.0

// exec makes a stack, fills it, and shifts it to its final place: the vma's range first, under the
// locks that walks take, its entries later, without them. In between a walk computes addresses
// where the entries are not yet.

#include "gallery.hpp"
#include "policies.hpp"
#include "small_mm.hpp"

namespace races {

namespace {

using mm = small_mm<explored>;

/// exec's shift of a vma: unlike ops::move it keeps the vma, and so changes where its pages are
/// found before they are there.
void shift(mm& world, mm::vma& stack, pgno to) {
    const pgno from = stack.start();
    {
        const auto tree = rmap::ops::chain_guard<mm::map_type>(stack);
        explored::topology::unkey(world.map, stack);
        stack.set_range(to, stack.pages(), stack.pgoff());
        explored::topology::rekey(world.map, stack);
    }
    rmap::verify::point("the vma is shifted, the entries are not");
    mm::move_entry(stack.mm(), from, to);
}

/// What a migration's walks do at each place.
template <bool SkipsTemporary>
struct visitor {
    mm* world;
    const bool* temporary;  // of the one vma there is; written before the threads begin
    pte from;
    pte to;

    [[nodiscard]] bool skip(const mm::vma&) const noexcept { return SkipsTemporary && *temporary; }
    void operator()(const auto& place) const {
        const rmap::write_guard held{place.mm().pte_lock};
        auto& entry = place.mm().at(place.address());
        if (entry.get() == from) entry = to;
    }
};

template <bool SkipsTemporary>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [](test& t) {
        mm world;
        mm::space space;
        mm::vma stack{space, 100, 1};
        const bool temporary = true;
        world.touch(stack, 100);
        t.name(space.pte_lock, "pte lock");
        world.call(t, mm::map_type::own(stack), "tree lock", "anon_vma.root");
        t.name(mm::map_type::own(stack)->refs, "anon_vma.refs");
        world.call_rest(t);
        call_vma(t, stack, "stack.anon_vma");

        t.thread("exec", [&] { shift(world, stack, 104); });
        t.thread("migration", [&] {
            auto* const from = world.map.get(world.frame);
            require(from != nullptr, "the page is mapped");
            const auto index = mm::map_type::index_of(world.frame);
            rmap::verify::point("first walk: a marker in the place of the page");
            static_cast<void>(world.map.walk_from(
                *from, index,
                visitor<SkipsTemporary>{&world, &temporary, pte::present, pte::marker}));
            rmap::verify::point("second walk: the page in the place of the marker");
            static_cast<void>(world.map.walk_from(
                *from, index,
                visitor<SkipsTemporary>{&world, &temporary, pte::marker, pte::present}));
            world.map.put(*from);
        });
        t.run();
        require(space.at(104) != pte::marker, "a marker is left: the first touch would hang");
        require(space.at(104) == pte::present, "the page is gone");
        world.leave(space, 104);
        world.map.unlink(stack);
    });
}

}  // namespace

const race exec_temporary_stack{
    .name = "exec-temporary-stack",
    .source = "Linux a8bef8ff6ea1",
    .story = "exec shifts its stack between the two walks of a migration, the vma before the pages",
    .rule = "entries are where the vma says, or the walk is told to pass over it",
    .kind = failure_kind::assertion,
    .with = {},
    .broken = {"migration visits a stack that exec is still making", run<false>},
    .fixed = {"its visitor has a skip() that passes over temporary stacks", run<true>},
};

}  // namespace races
