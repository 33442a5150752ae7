// expect: rmap: lock must have unlock\(\) noexcept
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct half_a_lock {
    void lock() noexcept;
    bool try_lock() noexcept;
    void release() noexcept;
};
struct policy : rmap::default_policy {
    using lock = half_a_lock;
};

minimal::map<policy> map;
