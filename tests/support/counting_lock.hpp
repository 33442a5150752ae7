// SPDX-License-Identifier: BSL-1.0
#pragma once

// A lock for one thread that counts how often it is taken, each by itself: for tests of how many
// locks an operation takes, and for how much of its work it holds one.

#include <map>

namespace rmap_test {

class counting_lock {
public:
    /// How often each was taken since clear(); and all together.
    static inline std::map<const void*, unsigned> taken{};
    static void clear() { taken.clear(); }
    [[nodiscard]] static unsigned all() {
        unsigned sum = 0;
        for (const auto& one : taken)
            sum += one.second;
        return sum;
    }

    void lock() noexcept { count(); }
    void unlock() noexcept {}
    [[nodiscard]] bool try_lock() noexcept {
        count();
        return true;
    }
    void lock_shared() noexcept { count(); }
    void unlock_shared() noexcept {}
    [[nodiscard]] bool try_lock_shared() noexcept { return try_lock(); }

private:
    void count() noexcept { ++taken[this]; }
};

}  // namespace rmap_test
