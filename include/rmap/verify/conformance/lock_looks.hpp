// SPDX-License-Identifier: BSL-1.0
#pragma once

// The laws of an optimistic lock, explored under the C++ memory model: who looks without taking the
// lock is told wherever a writer was there meanwhile, and of nothing else.

#include <rmap/locks/concept.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/verify/conformance/lock_laws.hpp>
#include <rmap/verify/conformance/suite.hpp>

namespace rmap::inline RMAP_ABI::verify::conformance {

template <optimistic_lock Lock>
class lock_looks {
    using writes = write_guard<Lock>;
    using reads = read_guard<Lock>;
    static constexpr explore_options weak{.weak = true};

public:
    explicit lock_looks(suite& of) : s_{&of} {}

    void run() {
        const auto beside = [&](const char* story, bool trying, bool backwards, unsigned rounds) {
            s_->explored(lock_law::looks_notice, story, weak,
                         [=](test& t) { look_beside_write(t, trying, backwards, rounds); },
                         {{failure_kind::deadlock, &lock_law::progress},
                          {failure_kind::livelock, &lock_law::progress}});
        };
        beside("a look and a writer", false, false, 1);
        beside("a look backwards and a writer", false, true, 1);
        beside("a look and a writer that tries", true, false, 1);
        beside("a look and a writer that comes twice", false, false, 2);
        s_->alone(lock_law::looks_succeed, "one thread", [] {
            Lock lock;
            for (int round = 0; round != 3; ++round) {
                const auto seen = lock.begin_read();
                require(!lock.changed(seen), "a look that nobody disturbs is in vain");
                { const writes mine{lock}; }
            }
        });
        if constexpr (shared_lock<Lock>) {
            s_->explored(lock_law::looks_succeed, "a look and a reader", weak, [](test& t) {
                Lock lock;
                t.name(lock, "lock");
                t.thread("looks", [&] {
                    const auto seen = lock.begin_read();
                    require(!lock.changed(seen), "a reader makes a look vain");
                });
                t.thread("reader", [&] { const reads mine{lock}; });
                t.run();
            });
        }
        s_->alone(lock_law::looks_tell_held, "one thread", [] {
            Lock lock;
            require(!Lock::is_held(lock.begin_read()), "a look at a free lock is told of a writer");
            {
                const writes mine{lock};
                const auto seen = lock.begin_read();
                require(Lock::is_held(seen), "a look is not told that a writer holds the lock");
                require(lock.changed(seen), "a look under a writer succeeds");
            }
            require(!Lock::is_held(lock.begin_read()), "a look is told of a writer who has gone");
        });
    }

private:
    /// The writer changes both fields, so they are equal at every moment at which nobody writes.
    static void look_beside_write(test& t, bool trying, bool backwards, unsigned rounds) {
        Lock lock;
        model::atomic<unsigned> left{0}, right{0};
        t.name(lock, "lock");
        t.name(left, "left");
        t.name(right, "right");
        t.thread("writer", [&, trying, rounds] {
            for (unsigned r = 1; r <= rounds; ++r) {
                const writes mine = trying ? writes{lock, try_to_lock} : writes{lock};
                if (!mine.owns()) return;
                left.store(r, order::relaxed);
                right.store(r, order::relaxed);
            }
        });
        t.thread("looks", [&, backwards] {
            const auto seen = lock.begin_read();
            const unsigned first = (backwards ? right : left).load(order::relaxed);
            const unsigned second = (backwards ? left : right).load(order::relaxed);
            if (!lock.changed(seen)) require(first == second, "a mixture passed for whole");
        });
        t.run();
    }

    suite* s_;
};

}  // namespace rmap::inline RMAP_ABI::verify::conformance
