// SPDX-License-Identifier: BSL-1.0

// Every lock with threads that write, read and try: nobody is inside together with a writer, who
// waits comes in, and what a holder did is seen by the next (plain fields, so that
// ThreadSanitizer sees an order that is missing). The sequence counter: who is told that nothing
// changed has read what belongs together.
//
// Shown to fail by a lock that lets everybody in (below). Under ThreadSanitizer also when an
// unlock of ticket or mcs is relaxed; at once when begin_write() or end_write() does not count.

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include <rmap/locks/held.hpp>
#include <rmap/locks/seqcount.hpp>

#include "support/policies.hpp"
#include "support/threads.hpp"

namespace {

using namespace rmap_test;
using rmap::order;
using rmap::read_guard;
using rmap::try_to_lock;
using rmap::write_guard;

/// What a lock protects, and who is inside. That is counted without any order, so that nothing but
/// the lock orders the fields.
struct room {
    unsigned left = 0;
    unsigned right = 0;
    std::atomic<int> writers{0};
    std::atomic<int> readers{0};

    static constexpr auto relaxed = std::memory_order_relaxed;

    void write(findings& found) {
        const int others = writers.fetch_add(1, relaxed) + readers.load(relaxed);
        found.check(others == 0, "a writer is not alone");
        ++left;
        ++right;
        writers.fetch_sub(1, relaxed);
    }
    void read(findings& found, bool shared) {
        const int others = readers.fetch_add(1, relaxed);
        found.check(writers.load(relaxed) == 0, "a reader beside a writer");
        found.check(shared || others == 0, "two readers of a lock that is not shared");
        found.check(left == right, "half of a write");
        readers.fetch_sub(1, relaxed);
    }
};

template <class Lock>
void crowd(findings& found, unsigned threads, unsigned turns) {
    Lock lock;
    room inside;
    std::atomic<unsigned> writes{0};
    std::vector<std::function<void()>> bodies;
    for (unsigned me = 0; me != threads; ++me) {
        bodies.emplace_back([&, me] {
            constexpr bool shared = rmap::shared_lock<Lock>;
            unsigned wrote = 0;
            for (unsigned turn = 0; turn != turns; ++turn) {
                const unsigned what = (turn + me) % 4;
                if (what == 0) {
                    const write_guard guard{lock};
                    found.check(rmap::may_hold(lock), "a lock does not know its holder");
                    inside.write(found);
                    ++wrote;
                } else if (what == 1) {
                    const read_guard guard{lock};
                    found.check(rmap::may_hold_shared(lock), "a lock does not know its reader");
                    inside.read(found, shared);
                } else if (what == 2) {
                    const write_guard guard{lock, try_to_lock};
                    if (guard.owns()) inside.write(found), ++wrote;
                } else {
                    const read_guard guard{lock, try_to_lock};
                    if (guard.owns()) inside.read(found, shared);
                }
                if (turn % 256 == 0) std::this_thread::yield();
            }
            writes += wrote;
        });
    }
    run_together(bodies);
    found.check(inside.left == writes && inside.right == writes, "a write was lost");
}

/// One holds the lock: another one's try fails, and its lock() comes back after the unlock only.
/// `patience`: how often to look whether it has come in too early.
template <class Lock>
void holder_and_guest(findings& found, unsigned patience) {
    Lock lock;
    std::atomic<bool> at_the_door{false};
    std::atomic<bool> entered{false};
    std::thread guest;
    {
        const write_guard holder{lock};
        std::thread{[&] {
            const write_guard trying{lock, try_to_lock};
            found.check(!trying.owns(), "a try takes a lock that is held");
        }}.join();
        guest = std::thread{[&] {
            at_the_door = true;
            const write_guard waiting{lock};
            entered = true;
        }};
        while (!at_the_door)
            std::this_thread::yield();
        for (; patience != 0 && !entered; --patience)
            std::this_thread::yield();
        found.check(!entered, "a lock is taken that is held");
    }
    guest.join();
    found.check(entered, "a lock is not free after its unlock");
}

template <class Lock>
void lock(findings& found, unsigned turns) {
    crowd<Lock>(found, 4, turns);
    holder_and_guest<Lock>(found, 100);
}

/// Writers take turns under a lock; readers look at three words.
template <class Atomics>
void sequence(findings& found, unsigned turns) {
    using word = typename Atomics::template atomic<unsigned>;
    rmap::locks::basic_spin<polite_atomics> writers;
    rmap::locks::basic_seqcount<Atomics> count;
    word a{0}, b{0}, c{0};
    std::atomic<int> writing{2};
    std::atomic<unsigned> whole{0}, torn{0};
    const auto write = [&] {
        for (unsigned turn = 0; turn != turns; ++turn) {
            const write_guard guard{writers};
            const unsigned next = a.load(order::relaxed) + 1;
            count.begin_write();
            for (word* w : {&a, &b, &c})
                w->store(next, order::relaxed);
            count.end_write();
        }
        --writing;
    };
    const auto read = [&] {
        unsigned least = 0;
        for (bool last = false; !last;) {
            last = writing == 0;  // then this look must succeed
            const auto seen = count.begin_read();
            const unsigned x = a.load(order::relaxed);
            const unsigned y = b.load(order::relaxed);
            const unsigned z = c.load(order::relaxed);
            if (count.changed(seen)) {
                found.check(!last, "nobody writes, and the count has changed");
                ++torn;
                std::this_thread::yield();
                continue;
            }
            ++whole;
            found.check(x == y && y == z, "half of a write counts as whole");
            found.check(x >= least, "an older value after a newer one");
            least = x;
        }
        found.check(least == 2 * turns, "the last write is not seen");
    };
    run_together({write, write, read, read});
    std::printf("sequence: %u looks counted, %u did not\n", whole.load(), torn.load());
}

/// Planted: a lock that lets everybody in.
class open_door {
public:
    void lock() noexcept {}
    void unlock() noexcept {}
    [[nodiscard]] bool try_lock() noexcept { return true; }
};

}  // namespace

int main() {
    constexpr unsigned turns = 3000;
    findings found;
    lock<rmap::locks::basic_spin<polite_atomics>>(found, turns);
    lock<rmap::locks::basic_rw_spin<polite_atomics>>(found, turns);
    lock<rmap::locks::basic_seq_rw_spin<polite_atomics>>(found, turns);
    lock<rmap::locks::basic_ticket<polite_atomics>>(found, turns);
    lock<rmap::locks::basic_mcs<polite_atomics>>(found, turns);
    lock<token_lock>(found, turns);
    lock<rmap::hosted::mutex>(found, turns);
    lock<rmap::hosted::shared_mutex>(found, turns);
    lock<rmap::locks::basic_rw_spin<rmap::hosted::std_atomics>>(found, turns);
    lock<rmap::locks::basic_ticket<rmap::hosted::std_atomics>>(found, turns / 8);
    lock<rmap::locks::basic_mcs<rmap::hosted::std_atomics>>(found, turns / 8);
    sequence<polite_atomics>(found, turns);
    sequence<rmap::hosted::std_atomics>(found, turns);

    findings planted;
    planted.quiet();
    holder_and_guest<open_door>(planted, ~0U);  // it comes in, so this ends
    found.check(planted.count() == 2, "a lock that lets everybody in goes unnoticed");
    return found.exit_code();
}
