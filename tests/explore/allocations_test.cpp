// SPDX-License-Identifier: BSL-1.0

// The explorer allocates when something grows, and not for each execution or step: ten times as
// many executions take hardly more allocations.

#include <cstdlib>
#include <new>

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

void scenario(verify::test& t) {
    model::atomic<unsigned> n;
    model_lock l;
    model::plain<int> field{0};
    for (const char* who : {"a", "b", "c"}) {
        t.thread(who, [&] {
            n.fetch_add(1, relaxed);
            l.lock();
            field = field + 1;
            l.unlock();
            n.fetch_add(1, release);
            n.fetch_add(1, acquire);
        });
    }
    t.run();
    require(field == 3 && n.load(relaxed) == 9, "an increment was lost");
}

void of(const char* name, explore_options with) {
    unsigned long taken[2] = {};
    for (int more = 0; more != 2; ++more) {
        with.max_executions = more == 0 ? 100 : 1000;
        with.runs = with.max_executions;
        const unsigned long before = allocations;
        const auto r = explore(name, with, scenario);
        taken[more] = allocations - before;
        count.that(!r.failed() && r.executions + r.pruned >= with.max_executions,
                   std::string{name} + ": " + r.coverage);
    }
    count.that(taken[1] < taken[0] + 40, std::string{name} + ": " + std::to_string(taken[0]) +
                                             " allocations for 100 executions, " +
                                             std::to_string(taken[1]) + " for 1000");
}

}  // namespace

int main() {
    explore_options with;
    of("reduced", with);
    for (search how : {search::cached, search::preemptions, search::pct, search::random}) {
        with.how = how;
        with.preemptions = 6;
        of("other searches", with);
    }
    with.weak = true;
    with.how = search::exhaustive;
    of("weak", with);
    return count.exit_code();
}
