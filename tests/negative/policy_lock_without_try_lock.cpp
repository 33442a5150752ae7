// expect: rmap: lock must have try_lock\(\) noexcept
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct patient_lock {
    void lock() noexcept;
    void unlock() noexcept;
};
struct policy : rmap::default_policy {
    using lock = patient_lock;
};

minimal::map<policy> map;
