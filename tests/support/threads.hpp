// SPDX-License-Identifier: BSL-1.0
#pragma once

// Threads of stress tests: start together, work a fixed number of turns (time decides nothing), and
// count what was wrong.

#include <atomic>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

namespace rmap_test {

/// What was wrong, in all threads; each thing is printed, but not endlessly.
class findings {
public:
    void check(bool ok, const char* what) {
        if (!ok && count_.fetch_add(1) < 10) std::printf("failed: %s\n", what);
    }
    [[nodiscard]] int exit_code() const { return count_ == 0 ? 0 : 1; }

private:
    std::atomic<int> count_{0};
};

/// Runs all at once, to their ends.
inline void run_together(const std::vector<std::function<void()>>& bodies) {
    std::atomic<std::size_t> ready{0};
    std::vector<std::thread> threads;
    for (const auto& body : bodies) {
        threads.emplace_back([&] {
            ++ready;
            while (ready != bodies.size()) std::this_thread::yield();
            body();
        });
    }
    for (auto& thread : threads) thread.join();
}

}  // namespace rmap_test
