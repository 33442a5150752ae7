// SPDX-License-Identifier: BSL-1.0

// Objects that are older than the execution: whichever thread uses them first did not construct
// them, and needs no order with the others for that.

#include <cstddef>
#include <new>

#include "support/explored.hpp"

using namespace rmap_test;

namespace {

tally count;

model_lock big_lock;

void adds(verify::test& t) {
    model::plain<int> sum{0};
    for (const char* who : {"a", "b"}) {
        t.thread(who, [&] {
            big_lock.lock();
            sum = sum + 1;
            big_lock.unlock();
        });
    }
    t.run();
    require(sum == 2, "an addition was lost");
}

/// But who uses what another makes in the execution must come after it.
void too_early(verify::test& t) {
    struct maker {
        model_lock lock{};
    };
    alignas(maker) static std::byte room[sizeof(maker)];
    model::atomic<bool> made{false};
    t.thread("makes", [&] {
        ::new (static_cast<void*>(room)) maker;
        made.store(true, order::relaxed);
    });
    t.thread("uses", [&] {
        if (!made.load(order::relaxed)) return;
        auto& is = *std::launder(reinterpret_cast<maker*>(room));
        is.lock.lock();
        is.lock.unlock();
    });
    t.run();
}

}  // namespace

int main() {
    for (const bool weak : {false, true}) {
        explore_options with;
        with.weak = weak;
        count.clean(explore("a lock from outside", with, adds), "a lock from outside");
        count.found(explore("too early", with, too_early), failure_kind::data_race, "too early");
    }
    return count.exit_code();
}
