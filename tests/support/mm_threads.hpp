// SPDX-License-Identifier: BSL-1.0
#pragma once

// Threads that run random operations of the reference mm on a family of address spaces, under any
// policy, and what is checked whenever they have stopped. A test includes it once, first of all.

#ifndef RMAP_DEBUG_LEVEL
#define RMAP_DEBUG_LEVEL 2
#endif

#include <array>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "support/mm_family.hpp"
#include "support/threads.hpp"

namespace rmap_test {

/// Any lock; a thread that is about to wait for it sometimes dawdles, or lets others run, so that
/// what it saw before is stale more often.
template <class Lock>
class dawdling : public Lock {
public:
    void lock() noexcept {
        dawdle();
        Lock::lock();
    }
    void lock_shared() noexcept {
        dawdle();
        Lock::lock_shared();
    }

private:
    static void dawdle() noexcept {
        static thread_local unsigned dice = 1;
        dice = dice * 1664525u + 1013904223u;
        if (dice >> 23 == 0) std::this_thread::yield();
        if (dice >> 28 != 1) return;
        for (unsigned turns = dice >> 16 & 1023; turns != 0; --turns)
            rmap::atomics::builtin::pause();
    }
};

inline const char* const names[] = {"read",   "write",    "mmap",    "munmap",  "mprotect",
                                    "mremap", "dontneed", "mlock",   "munlock", "migrate",
                                    "merge",  "resize",   "punch",   "fork",    "exit",
                                    "exec",   "grow",     "reclaim", "walk"};

template <class Policy>
int run_threads(const char* name, unsigned threads, int rounds, long operations, long fail_every,
                std::uint64_t seed) {
    using family_type = mm_family<Policy>;
    using own = std::array<typename family_type::space*, family_type::own_spaces>;
    const long before = counted_memory::alive.load();
    int bad = 0;
    {
        family_type family;
        std::vector<own> mine(threads, own{});
        std::vector<typename family_type::counts> done(threads);
        counted_memory::fail_every = fail_every;
        for (int round = 0; round < rounds && bad == 0; ++round) {
            std::vector<std::thread> running;
            for (unsigned t = 0; t < threads; ++t) {
                running.emplace_back([&, t, round] {
                    family.work(seed * 1000003u + static_cast<std::uint64_t>(round) * 64 + t,
                                operations, mine[t], done[t]);
                });
            }
            for (std::thread& t : running)
                t.join();
            for (const std::string& what : family.problems()) {
                if (++bad <= 10) std::printf("%s, round %d: %s\n", name, round, what.c_str());
            }
        }
        counted_memory::fail_every = 0;
        for (auto& spaces : mine)
            family.leave(spaces);
        for (std::size_t op = 0; op < std::size(names); ++op) {
            long sum = 0;
            for (const auto& counts : done)
                sum += counts[op];
            if (sum == 0) {
                std::printf("%s: no %s had an effect\n", name, names[op]);
                ++bad;
            }
        }
    }
    if (counted_memory::alive.load() != before) {
        std::printf("%s: %ld objects are left\n", name, counted_memory::alive.load() - before);
        ++bad;
    }
    return bad;
}

}  // namespace rmap_test

// The thread sanitizer finds data races here. Its search for lock cycles is off: two entries' locks
// are taken either way round by operations that the mmap_lock keeps apart, which it does not see.
// The order is checked in tests/mm/interleavings_test.cpp.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() {
    return "detect_deadlocks=0";
}
