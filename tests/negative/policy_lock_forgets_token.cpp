// expect: rmap: lock must have unlock\(\) noexcept, which takes the token if lock\(\) returns one
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct irq_lock {
    unsigned long lock() noexcept;
    void unlock() noexcept;
    rmap::locks::try_result<unsigned long> try_lock() noexcept;
};
struct policy : rmap::default_policy {
    using lock = irq_lock;
};

minimal::map<policy> map;
