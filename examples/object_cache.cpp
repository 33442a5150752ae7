// SPDX-License-Identifier: BSL-1.0
// An object cache of one's own: one thread lets go of objects, another moves idle ones to a shelf.
// Either may come first, nobody waits, and each object gets to the free list once, by one of them.
#include <cstdio>
#include <rmap/flags/handshake.hpp>  // nothing else of rmap
#include <thread>

enum class mark : unsigned { in_use, shelved, dirty, count };
template <>
inline constexpr bool rmap::flags::in_handshake<mark::in_use> = true;  // no plain clear compiles
template <>
inline constexpr bool rmap::flags::in_handshake<mark::shelved> = true;

using rmap::order, rmap::atomics::builtin;
using word = rmap::flags::page_flags<mark>;
using handshake = rmap::flags::one_word<word, mark::in_use, mark::shelved>;  // M, L

struct object {
    word marks{};
    int users = 0, shelf = 0;  // the user's; the shelver's; then those of who took the object
    object* next = nullptr;
};
builtin::atomic<object*> free_list{};

void give_back(object& o) {  // lock-free; taken as a whole by main, so no ABA
    o.next = free_list.load(order::relaxed);
    while (!free_list.compare_exchange(o.next, &o, order::release)) {}
}

int main() {
    constexpr int objects = 64, rounds = 200;
    static object all[objects];
    int wrong = 0, taken = 0;
    for (int round = 1; round <= rounds; ++round) {
        for (object& o : all) {
            word::unpublished fresh;  // plain memory: main is alone with the objects
            fresh.set<mark::in_use>();
            o.marks.publish(static_cast<word::unpublished&&>(fresh));
        }
        std::thread shelver{[&] {
            for (object& o : all) {
                o.shelf = round;
                auto mine = handshake::putback<order::release>(o.marks);
                if (!mine.still_mlocked<order::acquire>() && mine.isolate()) give_back(o);
            }
        }};
        for (object& o : all) {
            o.users = round;
            auto mine = handshake::munlock<order::release>(o.marks);
            if (mine.isolate<order::acquire>()) give_back(o);
        }
        shelver.join();
        for (object* o = free_list.exchange(nullptr, order::acquire); o != nullptr; o = o->next) {
            ++taken;
            wrong += o->users != round || o->shelf != round || !o->marks.withdraw().none();
        }
    }
    std::printf("%d objects came back, of %d; %d wrong\n", taken, objects * rounds, wrong);
    return wrong == 0 && taken == objects * rounds ? 0 : 1;
}
