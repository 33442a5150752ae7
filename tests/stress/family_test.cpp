// SPDX-License-Identifier: BSL-1.0

// A family forks, splits, merges, grows and exits beside walkers, who hold no lock of the user's: a
// place where a page is mapped during the whole walk is met by it, once (I1), at the right address
// (I9; Linux bug B10).
//
// Fails when adjust, split, merge, fork or unlink leaves out the tree lock, and when walks do.

#include <atomic>
#include <cstdio>
#include <memory_resource>
#include <optional>
#include <thread>

#include <rmap/hosted/pmr_memory.hpp>

#include "support/policies.hpp"
#include "support/threads.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

findings found;

constexpr rmap::pgno pages = 8;

/// A process that changes its vma while its pages stay mapped: in two, and one again; at its head,
/// at its tail, grown at the top.
template <class F>
void reshape(typename F::map& map, typename F::vma& v, std::size_t turns) {
    const rmap::pgno base = v.start();
    for (std::size_t turn = 0; turn != turns; ++turn) {
        typename F::vma high{v.mm(), 0, 1, 0};
        const rmap::pgno at = base + 1 + turn % (pages - 1);
        found.check(map.split(v, high, at) == status::ok, "split");
        typename F::map::request want{};
        // The border moves by a page, if there is more than one; then the rest goes over.
        if (high.pages() > 1) {
            want.range = {high.start(), 1, high.pgoff()};
            want.prev = &v;
            want.middle = &high;
            found.check(map.merge(want).what == rmap::merge_case::into_prev, "the border moves");
        }
        want.range = {high.start(), high.pages(), high.pgoff()};
        want.prev = &v;
        want.middle = &high;
        found.check(map.merge(want).what == rmap::merge_case::all_into_prev, "merge");
        found.check(map.expand_up(v, pages + 2, nullptr, nullptr) == status::ok, "grow");
        found.check(map.adjust(v, {base, pages, v.pgoff()}) == status::ok, "shrink");
    }
}

/// Children that come, map some pages, have children, and go.
template <class F>
void breed(typename F::map& map, typename F::vma& parent, typename F::page* shared,
           std::size_t turns) {
    for (std::size_t turn = 0; turn != turns; ++turn) {
        typename F::mm child_mm;
        typename F::mm grandchild_mm;
        typename F::vma child{child_mm, parent.start(), pages, parent.pgoff()};
        typename F::vma grandchild{grandchild_mm, parent.start(), pages, parent.pgoff()};
        found.check(map.fork(child, parent) == status::ok, "fork");
        shared[turn % pages].add_mapping();
        found.check(map.fork(grandchild, child) == status::ok, "fork of a fork");
        // The child's own copy of the next page.
        typename F::page copy;
        map.tag_new(copy, grandchild, grandchild.start());
        copy.add_mapping();
        int met = 0;
        (void)map.walk(copy, [&](const auto& place) { met += &place.vma() == &grandchild; });
        found.check(met == 1, "a copy is found");
        copy.remove_mapping();
        map.unlink(turn % 2 == 0 ? child : grandchild);
        shared[turn % pages].remove_mapping();
        map.unlink(turn % 2 == 0 ? grandchild : child);
    }
}

template <class F>
void family(std::size_t turns) {
    world<F> w;
    auto& map = w.map();
    auto& elder = w.faulted(w.new_mm(), 100, pages);
    typename F::page shared[pages];
    for (rmap::pgno i = 0; i != pages; ++i) {
        map.tag_new(shared[i], elder, 100 + i);
        shared[i].add_mapping();
    }
    auto& shaper = w.fork(elder);  // maps all of them, all the time, as the elder does
    for (auto& page : shared)
        page.add_mapping();
    const void* const at_home[2] = {&elder.mm(), &shaper.mm()};

    std::atomic<int> working{2};
    const auto walker = [&] {
        for (rmap::pgno i = 0; working != 0; i = (i + 1) % pages) {
            int met[2] = {0, 0};
            const auto walked = map.walk(shared[i], [&](const auto& place) {
                found.check(place.address() == 100 + i, "at a wrong address");
                for (int which = 0; which != 2; ++which) {
                    if (&place.mm() == at_home[which]) ++met[which];
                }
            });
            found.check(walked.state == status::ok, "the walk");
            found.check(met[0] == 1 && met[1] == 1, "a mapping was missed, or met twice");
            std::this_thread::yield();
        }
    };
    run_together({[&] {
                      reshape<F>(map, shaper, turns);
                      --working;
                  },
                  [&] {
                      breed<F>(map, elder, shared, turns);
                      --working;
                  },
                  walker, walker});
    for (auto& page : shared) {
        page.remove_mapping();
        page.remove_mapping();
    }
    found.check(w.wrong().empty(), "counts, chains or references");
    found.check(w.objects() == "2/3", "all children have gone");
}

/// Locks whose waiters enter in turn.
struct in_turn : rmap::default_policy {
    using lock = rmap::locks::basic_ticket<polite_atomics>;
};
struct queued : rmap::default_policy {
    using lock = rmap::locks::basic_mcs<polite_atomics>;
};
/// What the standard library has, on every axis that takes it.
struct standard : rmap::default_policy {
    using atomics = rmap::hosted::std_atomics;
    using lock = rmap::hosted::shared_mutex;
    using allocator = rmap::hosted::pmr_memory;
};

}  // namespace

int main() {
    family<toy<tested<rmap::default_policy>>>(1000);
    family<toy<tested<token_locked>>>(1000);
    family<toy<tested<in_turn>>>(1000);
    family<toy<tested<queued>>>(1000);
    family<toy<tested<chain_locked_shared>>>(1000);
    family<toy<tested<shard_locked>>>(1000);
    std::pmr::synchronized_pool_resource pool;
    std::pmr::memory_resource* const before = std::pmr::set_default_resource(&pool);
    family<toy<standard>>(1000);
    std::pmr::set_default_resource(before);
    return found.exit_code();
}
