// SPDX-License-Identifier: BSL-1.0
#pragma once

// Threads of stress tests: start together, work a fixed number of turns (time decides nothing), and
// count what was wrong.

#include <atomic>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

#include <rmap/policy.hpp>

namespace rmap_test {

/// The default atomics, but that waiting lets others run: there may be fewer processors than
/// threads.
struct polite_atomics : rmap::atomics::builtin {
    static void pause() noexcept {
        static thread_local unsigned turns = 0;
        if (++turns % 128 == 0) std::this_thread::yield();
        builtin::pause();
    }
};

/// A trace hook that counts the walks that this thread has begun, those that begin again as well.
struct attempts {
    static inline thread_local unsigned begun = 0;
    static void emit(rmap::event e, const void*, const void* = nullptr) noexcept {
        if (e == rmap::event::walk_begin) ++begun;
    }
};

/// A lock before which a thread often lets others run: what was read before the lock is then stale
/// under it.
class late_lock : public rmap::locks::basic_rw_spin<polite_atomics> {
public:
    void lock() noexcept {
        dawdle();
        base::lock();
    }
    void lock_shared() noexcept {
        dawdle();
        base::lock_shared();
    }

private:
    using base = rmap::locks::basic_rw_spin<polite_atomics>;
    void dawdle() noexcept {
        for (auto turns = calls_.fetch_add(1, rmap::order::relaxed) % 3; turns != 0; --turns) {
            std::this_thread::yield();
        }
    }
    rmap::atomics::builtin::atomic<unsigned> calls_{};
};
struct late : rmap::default_policy {
    using lock = late_lock;
};

/// What was wrong, in all threads; each thing is printed, but not endlessly.
class findings {
public:
    void check(bool ok, const char* what) {
        if (!ok && count_.fetch_add(1) < 10 && !quiet_) std::printf("failed: %s\n", what);
    }
    /// For what is planted: nothing is printed.
    void quiet() { quiet_ = true; }
    [[nodiscard]] int count() const { return count_; }
    [[nodiscard]] int exit_code() const { return count_ == 0 ? 0 : 1; }

private:
    std::atomic<int> count_{0};
    bool quiet_ = false;  // set before the threads start
};

/// Runs all at once, to their ends.
inline void run_together(const std::vector<std::function<void()>>& bodies) {
    std::atomic<std::size_t> ready{0};
    std::vector<std::thread> threads;
    for (const auto& body : bodies) {
        threads.emplace_back([&] {
            ++ready;
            while (ready != bodies.size())
                std::this_thread::yield();
            body();
        });
    }
    for (auto& thread : threads)
        thread.join();
}

}  // namespace rmap_test
