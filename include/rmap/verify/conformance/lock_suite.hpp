// SPDX-License-Identifier: BSL-1.0
#pragma once

// The laws of a lock, explored: every interleaving of two threads, up to two preemptions of three,
// and, where it is about what holders hand to each other, every execution of the C++ memory model.
// A shared form is looked at if the lock has one. Nothing is assumed of fairness or of a lock taken
// twice by one thread.

#include <type_traits>
#include <utility>

#include <rmap/locks/concept.hpp>
#include <rmap/locks/guard.hpp>
#include <rmap/locks/held.hpp>
#include <rmap/verify/conformance/lock_laws.hpp>
#include <rmap/verify/conformance/lock_looks.hpp>
#include <rmap/verify/conformance/suite.hpp>

namespace rmap::inline RMAP_ABI::verify::conformance {

template <exclusive_lock Lock>
class lock_suite {
    using writes = write_guard<Lock>;
    using reads = read_guard<Lock>;
    static constexpr explore_options sequential{};
    static constexpr explore_options weak{.weak = true};
    static constexpr explore_options bounded{.how = search::preemptions, .preemptions = 2};

public:
    explicit lock_suite(suite& of) : s_{&of} {}

    void run() {
        one_thread();
        exclusion();
        tries_of_a_held_lock();
        if constexpr (shared_lock<Lock>) {
            readers();
        } else {
            for (const law* l : {&lock_law::readers_share, &lock_law::readers_exclude_writers,
                                 &lock_law::readers_hand_over}) {
                s_->not_claimed(*l, "the lock has no shared form");
            }
        }
        nesting();
        if constexpr (optimistic_lock<Lock>) {
            lock_looks<Lock>{*s_}.run();
        } else {
            for (const law* l :
                 {&lock_law::looks_notice, &lock_law::looks_succeed, &lock_law::looks_tell_held}) {
                s_->not_claimed(*l, "the lock is not optimistic");
            }
        }
    }

private:
    void one_thread() {
        s_->alone(lock_law::unlock_frees, "one thread", [] {
            Lock lock;
            { const writes again{lock}; }
            { const writes again{lock}; }
            if constexpr (shared_lock<Lock>) {
                { const reads again{lock}; }
                { const writes again{lock}; }
                { const reads again{lock}; }
            }
        });
        s_->alone(lock_law::try_succeeds, "one thread", [] {
            Lock lock;
            for (int round = 0; round != 3; ++round) {
                require(gets<writes>(lock), "no try of the free lock succeeds");
                if constexpr (shared_lock<Lock>) {
                    require(gets<reads>(lock), "no shared try of the free lock succeeds");
                }
                const writes waits{lock};
            }
        });
        if constexpr (tells_held<Lock>) {
            s_->alone(lock_law::is_held, "one thread", [] {
                Lock lock;
                require(!lock.is_held(), "a fresh lock says that it is held");
                {
                    const writes mine{lock};
                    require(lock.is_held(), "its holder is told that nobody holds it");
                }
                require(!lock.is_held(), "the lock says that it is held after the unlock");
                if constexpr (shared_lock<Lock> && tells_held_shared<Lock>) held_shared(lock);
            });
        } else {
            s_->not_claimed(lock_law::is_held, "the lock has no is_held()");
        }
        if constexpr (std::is_void_v<decltype(std::declval<Lock&>().lock())>) {
            s_->not_claimed(lock_law::tokens_travel, "the lock hands out no token");
        } else {
            s_->explored(lock_law::tokens_travel, "two threads that move their guards", sequential,
                         [](test& t) {
                             Lock lock;
                             inside in;
                             for (const char* who : {"a", "b"}) {
                                 t.thread(who, [&] {
                                     writes first{lock};
                                     writes second{static_cast<writes&&>(first)};
                                     writes third{};
                                     third = static_cast<writes&&>(second);
                                     in.writer();
                                 });
                             }
                             t.run();
                         });
        }
    }

    static void held_shared(Lock& lock) {
        require(!lock.is_held_shared(), "a free lock says that it is held shared");
        {
            const reads mine{lock};
            require(lock.is_held_shared(), "its reader is told that nobody holds the lock");
        }
        {
            const writes mine{lock};
            require(lock.is_held_shared(), "its writer is told that nobody holds the lock at all");
        }
        require(!lock.is_held_shared(), "the lock says that it is held shared after the unlock");
    }

    template <class Guard>
    static bool gets(Lock& lock) {
        for (unsigned i = 0; i != tries; ++i) {
            if (Guard{lock, try_to_lock}.owns()) return true;
        }
        return false;
    }

    void exclusion() {
        const credits stuck = {{failure_kind::deadlock, &lock_law::progress},
                               {failure_kind::livelock, &lock_law::progress},
                               {failure_kind::data_race, &lock_law::hands_over}};
        struct story {
            const char* name;
            unsigned threads, rounds;
            bool first_tries;
            const explore_options* how;
        };
        const story stories[] = {{"two threads", 2, 2, false, &sequential},
                                 {"two threads, one tries", 2, 2, true, &sequential},
                                 {"three threads", 3, 1, false, &bounded}};
        for (const story& is : stories) {
            const auto enter = [&](test& t) { exclude(t, is.threads, is.rounds, is.first_tries); };
            s_->explored(lock_law::excludes, is.name, *is.how, enter, stuck);
        }
        s_->explored(lock_law::progress, "three threads, two rounds",
                     {.how = search::preemptions, .preemptions = 1},
                     [](test& t) { exclude(t, 3, 2, false); },
                     {{failure_kind::assertion, &lock_law::excludes},
                      {failure_kind::data_race, &lock_law::hands_over}});
        for (const bool one_tries : {false, true}) {
            s_->explored(lock_law::hands_over, one_tries ? "two threads, one tries" : "two threads",
                         weak, [&](test& t) { add(t, one_tries); },
                         {{failure_kind::deadlock, &lock_law::progress},
                          {failure_kind::livelock, &lock_law::progress}});
        }
    }

    static void exclude(test& t, unsigned threads, unsigned rounds, bool first_tries) {
        static constexpr const char* names[] = {"a", "b", "c"};
        Lock lock;
        inside in;
        t.name(lock, "lock");
        t.name(in, "inside");
        for (unsigned i = 0; i != threads; ++i) {
            // The first enters as often as is said, the others once.
            t.thread(names[i],
                     [&lock, &in, rounds = i == 0 ? rounds : 1U, trying = first_tries && i == 0] {
                         for (unsigned r = 0; r != rounds; ++r) {
                             const writes mine = trying ? writes{lock, try_to_lock} : writes{lock};
                             if (mine.owns()) in.writer();
                         }
                     });
        }
        t.run();
    }

    static void add(test& t, bool one_tries) {
        Lock lock;
        model::plain<int> sum{0};
        int entered = 0;
        t.name(lock, "lock");
        t.name(sum, "sum");
        for (const char* who : {"a", "b"}) {
            t.thread(who, [&, trying = one_tries && *who == 'a'] {
                const writes mine = trying ? writes{lock, try_to_lock} : writes{lock};
                if (!mine.owns()) return;
                sum = sum + 1;
                ++entered;
            });
        }
        t.run();
        require(sum == entered, "what a holder wrote is lost");
    }

    /// One holds the lock until another has tried it.
    template <class Holds, class Tries>
    static void held_and_tried(test& t, bool afterwards) {
        Lock lock;
        model::atomic<bool> held{false}, tried{false};
        t.name(lock, "lock");
        t.name(held, "held");
        t.name(tried, "tried");
        t.thread("holder", [&] {
            const Holds mine{lock};
            held.store(true, order::relaxed);
            wait_for(tried);
        });
        t.thread("tries", [&] {
            wait_for(held);
            {
                const Tries mine{lock, try_to_lock};
                require(!mine.owns(), "a try of a held lock says that it succeeded");
            }
            tried.store(true, order::relaxed);
            if (afterwards) {
                { const Tries mine{lock}; }
                const writes mine{lock};
            }
        });
        t.run();
    }

    void tries_of_a_held_lock() {
        const auto tried = [&]<class Holds, class Tries>(const char* story) {
            s_->explored(lock_law::try_does_not_wait, story, sequential,
                         [](test& t) { held_and_tried<Holds, Tries>(t, false); });
            if (!s_->wants(lock_law::try_does_not_wait)) return;
            s_->explored(lock_law::try_leaves_nothing, story, sequential,
                         [](test& t) { held_and_tried<Holds, Tries>(t, true); });
        };
        tried.template operator()<writes, writes>("tried while it is held");
        if constexpr (shared_lock<Lock>) {
            tried.template operator()<writes, reads>("shared tried while it is held");
            tried.template operator()<reads, writes>("tried while it is held shared");
        }
    }

    void readers() {
        s_->explored(lock_law::readers_share, "two readers wait for each other inside", sequential,
                     [](test& t) {
                         Lock lock;
                         model::atomic<bool> in[2];
                         t.name(lock, "lock");
                         for (int me : {0, 1}) {
                             t.thread(me == 0 ? "a" : "b", [&, me] {
                                 const reads mine{lock};
                                 in[me].store(true, order::relaxed);
                                 wait_for(in[1 - me]);
                             });
                         }
                         t.run();
                     });
        const auto beside = [&](const char* story, unsigned many, bool trying,
                                const explore_options& how) {
            s_->explored(lock_law::readers_exclude_writers, story, how,
                         [&](test& t) { read_beside_write(t, many, trying); },
                         {{failure_kind::deadlock, &lock_law::progress},
                          {failure_kind::livelock, &lock_law::progress},
                          {failure_kind::data_race, &lock_law::readers_hand_over}});
        };
        beside("a reader and a writer", 1, false, sequential);
        beside("a reader that tries and a writer", 1, true, sequential);
        beside("two readers and a writer", 2, false, bounded);
        const auto hands = [&](const char* story, unsigned many, bool trying) {
            s_->explored(lock_law::readers_hand_over, story, weak,
                         [&](test& t) { read_what_is_written(t, many, trying); },
                         {{failure_kind::deadlock, &lock_law::progress},
                          {failure_kind::livelock, &lock_law::progress}});
        };
        hands("a reader and a writer", 1, false);
        hands("readers that try and a writer", 2, true);
    }

    static void read_beside_write(test& t, unsigned many, bool trying) {
        Lock lock;
        inside in;
        t.name(lock, "lock");
        t.name(in, "inside");
        t.thread("writer", [&] {
            for (int round = 0; round != 2; ++round) {
                const writes mine{lock};
                in.writer();
            }
        });
        for (unsigned i = 0; i != many; ++i) {
            t.thread("reader", [&, trying] {
                const reads mine = trying ? reads{lock, try_to_lock} : reads{lock};
                if (mine.owns()) in.reader();
            });
        }
        t.run();
    }

    static void read_what_is_written(test& t, unsigned many, bool trying) {
        Lock lock;
        model::plain<int> n{0};
        t.name(lock, "lock");
        t.name(n, "n");
        t.thread("writer", [&, trying] {
            const writes mine = trying ? writes{lock, try_to_lock} : writes{lock};
            if (!mine.owns()) return;
            n = n + 1;
            n = n + 1;
        });
        for (unsigned i = 0; i != many; ++i) {
            t.thread("reader", [&, trying] {
                const reads mine = trying ? reads{lock, try_to_lock} : reads{lock};
                if (mine.owns()) require(n % 2 == 0, "a reader sees half a change");
            });
        }
        t.run();
    }

    void nesting() {
        if constexpr (shared_lock<Lock> && requires { requires Lock::readers_nest; }) {
            s_->explored(lock_law::readers_nest, "a reader twice, beside a writer", sequential,
                         [](test& t) {
                             Lock lock;
                             t.name(lock, "lock");
                             t.thread("reader", [&] {
                                 const reads outer{lock};
                                 const reads inner{lock};
                             });
                             t.thread("writer", [&] { const writes mine{lock}; });
                             t.run();
                         });
        } else {
            s_->not_claimed(lock_law::readers_nest, "the lock does not say readers_nest");
        }
    }

    suite* s_;
};

}  // namespace rmap::inline RMAP_ABI::verify::conformance
