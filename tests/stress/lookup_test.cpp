// SPDX-License-Identifier: BSL-1.0

// Walks and references from pages whose anon_vma is freed and used again, in the same tree, in
// another one, or as a root, at any moment: the walkers hold no lock of the user's. Each page has a
// clock that is odd while it is mapped; a page that was mapped during a whole walk was met by it,
// once. No vma changes its range here, so that holds for best-effort disciplines as well, of the
// last attempt of a walk.
//
// Fails when with_anon_vma does not look at the root again under the lock; for its other second
// looks tests/unit/ops/walk_test.cpp has the interleavings. The orders of tag, root, references and
// map count cannot be seen to fail on x86, which keeps stores in order.

#include <atomic>
#include <cstdio>
#include <optional>
#include <thread>

#include "support/policies.hpp"
#include "support/threads.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

findings found;

template <class F>
struct slot {
    typename F::page page{};
    std::atomic<unsigned> clock{0};
    std::atomic<const void*> mapper{nullptr};
};

/// One thread's part: a page is mapped by a vma that is forked from one of two families, or by one
/// that founds a family of its own, and goes again.
template <class F>
void map_and_unmap(world<F>& w, slot<F>& s, typename F::vma* const (&elders)[2],
                   std::size_t turns) {
    auto& map = w.map();
    typename F::mm mm;
    for (std::size_t turn = 0; turn != turns; ++turn) {
        typename F::vma v{mm, 16 * (turn % 4), 16, 0};
        const bool root = turn % 3 == 2;
        const auto made = root ? map.prepare(v) : map.fork(v, *elders[turn % 3]);
        found.check(made == status::ok, "prepare or fork");
        map.tag_new(s.page, v, v.start() + turn % 16);
        s.page.add_mapping();
        s.mapper = &v;
        ++s.clock;
        if (turn % 8 == 0) std::this_thread::yield();
        ++s.clock;
        s.page.remove_mapping();
        map.unlink(v);
    }
}

template <class F>
void look(world<F>& w, slot<F>& s) {
    using locking = typename F::policy::locking;
    constexpr auto need =
        locking::walk_is_complete ? rmap::need::complete : rmap::need::may_miss;
    auto& map = w.map();
    const unsigned before = s.clock;
    const void* const mapper = s.mapper;
    int met = 0;
    unsigned attempt = attempts::begun;
    const auto begins_again = [&] {
        if (attempts::begun != attempt) met = 0;
        attempt = attempts::begun;
    };
    const auto walked = map.template walk<need>(s.page, [&](const auto& place) {
        begins_again();
        auto* own = map.own(place.vma());
        found.check(own != nullptr, "a vma that is not linked was met");
        if (own == nullptr) return;
        if constexpr (rmap::locks_one_a_tree<locking>) {
            found.check(rmap::may_hold_shared(own->root.load(rmap::order::acquire)->lock),
                        "a tree was walked whose lock is free");
        }
        if (&place.vma() == mapper) ++met;
    });
    begins_again();
    const bool all_the_time = before % 2 == 1 && before == s.clock;
    found.check(met <= 1, "met twice");
    found.check(!all_the_time || walked.state == status::ok, "a mapped page was not found mapped");
    found.check(!all_the_time || met == 1, "a page that was mapped all the time was not met");
    if (auto* av = map.get(s.page)) {
        const auto from = map.template walk_from<need>(*av, 3, [](const auto&) {});
        found.check(from.state == status::ok, "a walk from a reference");
        map.put(*av);
    }
}

template <class F>
void stale_lookups() {
    constexpr std::size_t turns = 2000;
    world<F> w;
    // Each thread has two, as a fork needs its parent's address space lock.
    typename F::vma* elders[2][2];
    for (auto& pair : elders) {
        for (auto*& v : pair)
            v = &w.faulted(w.new_mm(), 0, 16);
    }
    slot<F> slots[2];
    std::atomic<int> working{2};
    std::vector<std::function<void()>> bodies;
    for (int which = 0; which != 2; ++which) {
        bodies.emplace_back([&, which] {
            map_and_unmap<F>(w, slots[which], elders[which], turns);
            --working;
        });
        bodies.emplace_back([&, which] {
            while (working != 0) {
                look<F>(w, slots[which]);
                look<F>(w, slots[1 - which]);
                std::this_thread::yield();
            }
        });
    }
    run_together(bodies);
    found.check(w.wrong().empty(), "counts, chains or references");
}

template <class Locking>
struct best_effort : rmap::never_merge {
    using locking = Locking;
    using lock = late_lock;
    using trace = attempts;
};

}  // namespace

int main() {
    stale_lookups<toy<tested<rmap::default_policy>>>();
    stale_lookups<toy<tested<late>>>();
    stale_lookups<toy<tested<spin_locked>>>();
    stale_lookups<toy<tested<std_shared>>>();
    stale_lookups<toy<tested<shard_locked>>>();
    stale_lookups<toy<tested<best_effort<rmap::locking::per_anon_vma>>>>();
    stale_lookups<toy<tested<best_effort<rmap::locking::seq_retry>>>>();
    return found.exit_code();
}
