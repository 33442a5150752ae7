// SPDX-License-Identifier: BSL-1.0
#pragma once

// Short spans of time, such as that of the sixteen forks of a process, each too short for a clock
// of the system.

#include <algorithm>
#include <cstdint>
#include <vector>

#include <time.h>

namespace rmap_bench {

/// Medians of many short spans, less what reading the clock takes; a span in which another program
/// ran counts as a typical one.
class spans {
public:
    static std::uint64_t now() noexcept {
#if defined(__x86_64__)
        return __builtin_ia32_rdtsc();
#else
        timespec t{};
        ::clock_gettime(CLOCK_MONOTONIC, &t);
        return static_cast<std::uint64_t>(t.tv_sec) * 1000000000U +
               static_cast<std::uint64_t>(t.tv_nsec);
#endif
    }
    /// Nanoseconds a tick.
    static double tick() {
#if defined(__x86_64__)
        static const double ns = [] {
            timespec a{};
            timespec b{};
            ::clock_gettime(CLOCK_MONOTONIC, &a);
            const std::uint64_t from = now();
            do
                ::clock_gettime(CLOCK_MONOTONIC, &b);
            while (nanos(a, b) < 2e7);
            return nanos(a, b) / static_cast<double>(now() - from);
        }();
        return ns;
#else
        return 1;
#endif
    }

    void add(std::uint64_t ticks) {
        all_.push_back(ticks);
    }

    /// The mean span in ns, if each is of `parts` operations.
    [[nodiscard]] double ns(double parts) const {
        if (all_.empty()) return 0;
        auto sorted = all_;
        std::nth_element(sorted.begin(), sorted.begin() + static_cast<long>(sorted.size() / 2),
                         sorted.end());
        const std::uint64_t middle = sorted[sorted.size() / 2];
        double sum = 0;
        for (const std::uint64_t t : all_)
            sum += static_cast<double>(t > 40 * middle ? middle : t);
        const double one = sum / static_cast<double>(all_.size()) - overhead();
        return one * tick() / parts;
    }

private:
    static double nanos(const timespec& a, const timespec& b) noexcept {
        return static_cast<double>(b.tv_sec - a.tv_sec) * 1e9 +
               static_cast<double>(b.tv_nsec - a.tv_nsec);
    }
    static double overhead() {
        static const double ticks = [] {
            std::vector<std::uint64_t> all(1001);
            for (auto& t : all) {
                const std::uint64_t from = now();
                t = now() - from;
            }
            std::sort(all.begin(), all.end());
            return static_cast<double>(all[500]);
        }();
        return ticks;
    }

    std::vector<std::uint64_t> all_{};
};

/// The CPU time of this thread, in ns.
[[nodiscard]] inline double cpu_ns() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

}  // namespace rmap_bench
