// SPDX-License-Identifier: BSL-1.0
#pragma once

// A lock that notes how long it was held, for one thread. Peers of the bench are made a second time
// with it (timed_peer), so that what is timed elsewhere does not pay for it.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "spans.hpp"

namespace rmap_bench {

/// All holds of all locks since it was cleared, in ticks, but for the outermost where they nest.
class holds {
public:
    static void clear() noexcept { all().clear(); }
    static void add(std::uint64_t ticks) { all().push_back(ticks); }
    /// The hold that a given share of all holds is shorter than, in ns; 0 without any.
    [[nodiscard]] static double at_share(double share) {
        auto& of = all();
        if (of.empty()) return 0;
        const auto at =
            of.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(of.size() - 1));
        std::nth_element(of.begin(), at, of.end());
        const std::uint64_t least = overhead();
        return static_cast<double>(*at > least ? *at - least : 0) * spans::tick();
    }

private:
    static std::vector<std::uint64_t>& all() noexcept {
        static std::vector<std::uint64_t> ticks;
        return ticks;
    }
    static std::uint64_t overhead() noexcept {
        static const std::uint64_t ticks = [] {
            std::uint64_t least = ~std::uint64_t{0};
            for (int i = 0; i != 1000; ++i) {
                const std::uint64_t from = spans::now();
                least = std::min(least, spans::now() - from);
            }
            return least;
        }();
        return ticks;
    }
};

template <class Lock>
class held_lock {
public:
    void lock() noexcept {
        inner_.lock();
        from_ = spans::now();
    }
    [[nodiscard]] bool try_lock() noexcept {
        const bool got = inner_.try_lock();
        if (got) from_ = spans::now();
        return got;
    }
    void unlock() noexcept {
        const std::uint64_t ticks = spans::now() - from_;
        inner_.unlock();
        holds::add(ticks);
    }
    void lock_shared() noexcept requires requires(Lock& l) { l.lock_shared(); }
    {
        inner_.lock_shared();
        from_ = spans::now();
    }
    [[nodiscard]] bool try_lock_shared() noexcept requires requires(Lock& l) { l.lock_shared(); }
    {
        const bool got = inner_.try_lock_shared();
        if (got) from_ = spans::now();
        return got;
    }
    void unlock_shared() noexcept requires requires(Lock& l) { l.lock_shared(); }
    {
        const std::uint64_t ticks = spans::now() - from_;
        inner_.unlock_shared();
        holds::add(ticks);
    }

private:
    Lock inner_{};
    std::uint64_t from_ = 0;
};

}  // namespace rmap_bench
