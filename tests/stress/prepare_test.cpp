// SPDX-License-Identifier: BSL-1.0

// First faults of neighbours on three threads, with an address space's lock held shared: each vma
// gets one own anon_vma and one link, whoever won; pages that were tagged at once are found at
// once; nothing leaks. The anon_vmas come from memory that was used before (seed: Linux
// d9d332e0874f).
//
// Fails when prepare leaves out the tree lock of a fresh anon_vma, or the second look at the vma
// under it (for the page_table_lock: tests/unit/ops/prepare_test.cpp has the one interleaving). The
// release and acquire of the own anon_vma cannot be seen to fail on x86, which keeps both orders,
// but ThreadSanitizer sees it.

#include <barrier>
#include <cstdio>
#include <thread>

#include "support/policies.hpp"
#include "support/threads.hpp"
#include "support/world.hpp"

namespace {

using namespace rmap_test;
using rmap::status;

findings found;

template <class F>
void first_faults() {
    constexpr int rounds = 500;
    constexpr unsigned threads = 3;
    world<F> w;
    auto& map = w.map();
    auto& mm = w.new_mm();
    typename F::vma* const vmas[3] = {&w.new_vma(mm, 0, 4), &w.new_vma(mm, 4, 4),
                                      &w.new_vma(mm, 8, 4)};
    std::barrier start{threads};
    std::barrier end{threads, [&]() noexcept {
                         found.check(w.wrong().empty(), "counts, chains or references");
                         found.check(w.links() == 3, "a link for each vma");
                         for (auto* v : vmas)
                             w.forget(*v);  // their memory is used again
                     }};
    const auto fault = [&](unsigned which) {
        auto* prev = which == 0 ? nullptr : vmas[which - 1];
        auto* next = which == 2 ? nullptr : vmas[which + 1];
        auto& v = *vmas[which];
        found.check(map.prepare(v, prev, next) == status::ok, "prepare");
        typename F::page page;
        map.tag_new(page, v, v.start());
        page.add_mapping();
        int met = 0;
        const auto walked = map.walk(page, [&](const auto& at) { met += &at.vma() == &v ? 1 : 0; });
        found.check(walked.state == status::ok && met == 1,
                    "a page is found as soon as it is mapped");
        page.remove_mapping();
    };
    std::vector<std::function<void()>> bodies;
    for (unsigned thread = 0; thread != threads; ++thread) {
        bodies.emplace_back([&, thread] {
            for (int round = 0; round != rounds; ++round) {
                start.arrive_and_wait();
                // All of them fault the middle; some the left or the right one before or after.
                const unsigned order = (thread + static_cast<unsigned>(round)) % 3;
                fault(order == 0 ? 1 : order == 1 ? 0 : 2);
                fault(1);
                fault(thread);
                end.arrive_and_wait();
            }
        });
    }
    run_together(bodies);
}

}  // namespace

int main() {
    first_faults<toy<tested<rmap::default_policy>>>();
    first_faults<toy<tested<rmap::never_merge>>>();
    first_faults<toy<tested<late>>>();
    first_faults<toy<tested<token_locked>>>();
    first_faults<toy<tested<std_shared>>>();
    return found.exit_code();
}
