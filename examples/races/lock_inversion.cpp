// SPDX-License-Identifier: BSL-1.0

// A stack grows, in a fault, holding its address space's lock shared. To keep the chain of its vma
// still it takes the page_table_lock, and then the tree lock; a first fault beside it takes them
// the other way round. lockdep knows it from one run without threads.

#include <rmap/locking/lock_all.hpp>
#include <rmap/locks/spin.hpp>
#include <rmap/verify/lockdep.hpp>

#include "gallery.hpp"
#include "policies.hpp"
#include "small_mm.hpp"

namespace races {

namespace {

enum class growth { under_page_table_lock, under_mmap_lock };

template <class Policy>
struct scene {
    using mm = small_mm<Policy>;

    mm world{};
    typename mm::space space{};
    typename mm::vma stack{space, 104, 2};
    typename mm::vma above{space, 106, 2};

    scene() { mm::must(world.map.prepare(stack)); }

    void first_fault_above() {
        const rmap::read_guard held{space.mmap_lock};
        mm::must(world.map.prepare(above, &stack, nullptr));
    }
    template <growth How>
    void stack_growth() {
        if constexpr (How == growth::under_page_table_lock) {
            const rmap::read_guard held{space.mmap_lock};
            const rmap::write_guard chain{space.page_table_lock};
            mm::must(world.map.expand_down(stack, 103, nullptr, &above));
        } else {
            const rmap::write_guard held{space.mmap_lock};
            mm::must(world.map.expand_down(stack, 103, nullptr, &above));
        }
    }
    void end() {
        world.map.unlink(stack);
        world.map.unlink(above);
    }
};

template <class Policy, growth How>
explore_result run(const std::string& name, const explore_options& with) {
    return rmap::verify::explore(name, with, [](test& t) {
        scene<Policy> s;
        t.name(s.space.mmap_lock, "mmap_lock");
        t.name(s.space.page_table_lock, "page_table_lock");
        t.name(s.space.anon_vma_chain_lock, "anon_vma_chain_lock");
        s.world.call(t, s.world.map.own(s.stack), "tree lock", "anon_vma.root");
        s.world.call_rest(t);
        call_vma(t, s.stack, "stack.anon_vma");
        call_vma(t, s.above, "above.anon_vma");
        t.thread("first fault above the stack", [&] { s.first_fault_above(); });
        t.thread("stack growth", [&] { s.template stack_growth<How>(); });
        t.run();
        s.end();
    });
}

struct watched : rmap::default_policy {
    using lock = rmap::verify::lockdep<rmap::locks::spin>;
};

std::string by_lockdep() {
    auto& graph = rmap::verify::lock_graph::global();
    graph.reset();
    std::string text;
    graph.on_report([&](const rmap::verify::lock_report& r) {
        if (r.what == rmap::verify::lock_problem::inversion) text += r.text;
    });
    {
        scene<watched> s;
        s.first_fault_above();
        s.stack_growth<growth::under_page_table_lock>();
        s.end();
    }
    graph.on_report(nullptr);
    return text;
}

}  // namespace

const race lock_inversion{
    .name = "lock-inversion",
    .source = "Andrea Arcangeli, 28 April 2010: \"this will cause a lock inversion\"",
    .story = "stack growth takes the page_table_lock before the tree lock, a fault after it",
    .rule = "the page_table_lock is inside the tree lock",
    .kind = failure_kind::deadlock,
    .with = {},
    .broken = {"growth under the page_table_lock, as the first patch of the thread has it",
               run<explored, growth::under_page_table_lock>},
    .fixed = {"growth under the mmap_lock, exclusively", run<explored, growth::under_mmap_lock>},
    .also_fixed = {{"the same with an anon_vma_chain_lock outside all (locking::lock_all)",
                   run<explored_with<rmap::locking::lock_all>, growth::under_mmap_lock>}},
    .one_run = by_lockdep,
};

}  // namespace races
