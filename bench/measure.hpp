// SPDX-License-Identifier: BSL-1.0
#pragma once

// How benches measure: a stopwatch of wall time and of this thread's CPU time, and medians.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <time.h>

#include "registry.hpp"

namespace rmap_bench {

struct duration {
    double real_ns = 0;
    double cpu_ns = 0;
};

class stopwatch {
public:
    [[nodiscard]] duration elapsed() const noexcept {
        return {now(CLOCK_MONOTONIC) - real_, now(CLOCK_THREAD_CPUTIME_ID) - cpu_};
    }

private:
    static double now(clockid_t clock) noexcept {
        timespec t{};
        ::clock_gettime(clock, &t);
        return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
    }

    double real_ = now(CLOCK_MONOTONIC);
    double cpu_ = now(CLOCK_THREAD_CPUTIME_ID);
};

[[nodiscard]] inline double median(std::vector<double> of) {
    const auto middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
    std::nth_element(of.begin(), middle, of.end());
    return *middle;
}

/// once() does something `iterations` times and returns how long that took (so that it can leave
/// out what it prepares). The first run warms up and is not counted.
template <class Once>
[[nodiscard]] figure measure(const report& to, std::string name, std::uint64_t iterations,
                             Once once) {
    std::vector<double> real;
    std::vector<double> cpu;
    if (!to.quick()) static_cast<void>(once());
    for (unsigned i = 0; i < to.repetitions(); ++i) {
        const duration took = once();
        real.push_back(took.real_ns);
        cpu.push_back(took.cpu_ns);
    }
    const auto count = static_cast<double>(iterations);
    return {std::move(name), iterations, median(real) / count, median(cpu) / count, 0, {}};
}

/// Keeps the compiler from leaving out what computes a value.
template <class T>
void keep(const T& value) noexcept {
    asm volatile("" : : "r"(&value) : "memory");
}

}  // namespace rmap_bench
