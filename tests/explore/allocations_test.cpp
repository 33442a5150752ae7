// SPDX-License-Identifier: BSL-1.0

// The explorer allocates when something grows, and not for each execution or step, whichever
// search it is, and of whatever a scenario is made: ten times as many executions take hardly more
// allocations.

#include <cstdlib>
#include <new>
#include <string>
#include <utility>

#include "support/explored.hpp"

namespace {

unsigned long allocations = 0;

void* counted(std::size_t size) {
    ++allocations;
    if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
    throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t size) {
    return counted(size);
}
void* operator new[](std::size_t size) {
    return counted(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* block) noexcept {
    std::free(block);
}
void operator delete[](void* block) noexcept {
    std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}
void operator delete[](void* block, std::size_t) noexcept {
    std::free(block);
}

namespace {

using namespace rmap_test;
using enum order;

tally count;

/// Every kind of step but those of memory: read-modify-writes, stores, loads, fences, plain fields,
/// locks of both kinds and tries, a loop that waits.
void scenario(verify::test& t) {
    model::atomic<unsigned> n;
    model::atomic<bool> first;
    model_lock l;
    model::plain<int> field{0};
    for (const char* who : {"a", "b", "c"}) {
        t.thread(who, [&, who] {
            n.fetch_add(1, relaxed);
            l.lock();
            field = field + 1;
            l.unlock();
            if (l.try_lock_shared()) l.unlock_shared();
            n.fetch_add(1, release);
            model::fence(seq_cst);
            if (*who == 'a') {
                first.store(true, release);
            } else {
                while (!first.load(acquire))
                    model::pause();
            }
            n.fetch_add(1, acquire);
        });
    }
    t.run();
    require(field == 3 && n.load(relaxed) == 9, "an increment was lost");
}

/// Objects that come and go, in memory of the exploration.
void scenario_with_memory(verify::test& t) {
    struct node {
        model::plain<int> value{0};
    };
    model::atomic<node*> head{nullptr};
    for (const char* who : {"a", "b", "c"}) {
        t.thread(who, [&] {
            verify::model_memory memory;
            for (int i = 0; i != 3; ++i) {
                auto* const mine = ::new (memory.allocate(sizeof(node), alignof(node))) node;
                mine->value = 1;
                if (node* const other = head.exchange(mine, acq_rel)) {
                    other->~node();
                    memory.deallocate(other, sizeof(node), alignof(node));
                }
            }
        });
    }
    t.run();
    verify::model_memory memory;
    node* const last = head.load(relaxed);
    last->~node();
    memory.deallocate(last, sizeof(node), alignof(node));
}

void of(const std::string& name, explore_options with, void (*what)(verify::test&) = scenario) {
    unsigned long taken[2] = {};
    std::uint64_t done[2] = {};
    for (int more = 0; more != 2; ++more) {
        with.max_executions = more == 0 ? 100 : 1000;
        with.runs = with.max_executions;
        const unsigned long before = allocations;
        const auto r = explore(name, with, what);
        taken[more] = allocations - before;
        done[more] = r.executions + r.pruned;
        count.that(!r.failed(), name + ": " + r.coverage + "\n" + r.text);
    }
    count.that(done[1] > done[0] * 5 / 2, name + ": too small to say something");
    count.that(taken[1] < taken[0] + 40, name + ": " + std::to_string(taken[0]) +
                                             " allocations for " + std::to_string(done[0]) +
                                             " executions, " + std::to_string(taken[1]) + " for " +
                                             std::to_string(done[1]));
}

constexpr std::pair<search, const char*> searches[] = {
    {search::exhaustive, "exhaustive"}, {search::cached, "cached"},
    {search::preemptions, "preemptions"}, {search::pct, "pct"}, {search::random, "random"}};

}  // namespace

int main() {
    constexpr const char* models[] = {"", ", weak", ", store buffers"};
    for (const char* const memory : models) {
        for (const auto& [how, name] : searches) {
            explore_options with;
            with.how = how;
            with.preemptions = 6;
            with.weak = memory == models[1];
            with.store_buffers = memory == models[2];
            const std::string who = std::string{name} + memory;
            of(who, with);
            of(who + ", memory", with, scenario_with_memory);
            with.reuse_memory = true;
            of(who + ", memory used again", with, scenario_with_memory);
            with.plain_points = true;
            if (!with.has_stale_loads()) of(who + ", plain fields as points", with);
        }
    }
    return count.exit_code();
}
