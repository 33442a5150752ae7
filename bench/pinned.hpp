// SPDX-License-Identifier: BSL-1.0
#pragma once

// Keeps this thread on the processor that it runs on, while the object lives, where the system
// allows it. Threads that are started meanwhile would inherit it.

#if defined(__linux__)
#include <sched.h>
#endif

namespace rmap_bench {

class pinned {
public:
#if defined(__linux__)
    pinned() noexcept {
        if (::sched_getaffinity(0, sizeof before_, &before_) != 0) return;
        cpu_set_t one;
        CPU_ZERO(&one);
        const int cpu = ::sched_getcpu();
        if (cpu < 0) return;
        CPU_SET(static_cast<unsigned>(cpu), &one);
        done_ = ::sched_setaffinity(0, sizeof one, &one) == 0;
    }
    ~pinned() {
        if (done_) static_cast<void>(::sched_setaffinity(0, sizeof before_, &before_));
    }
#else
    pinned() noexcept = default;
    ~pinned() = default;
#endif
    pinned(const pinned&) = delete;
    pinned& operator=(const pinned&) = delete;

private:
#if defined(__linux__)
    cpu_set_t before_{};
    bool done_ = false;
#endif
};

}  // namespace rmap_bench
