// expect: rmap: take_all_locks holds any number of locks and cannot keep the tokens
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct irq_lock {
    unsigned long lock() noexcept;
    void unlock(unsigned long) noexcept;
    rmap::locks::try_result<unsigned long> try_lock() noexcept;
};
struct policy : rmap::default_policy {
    using lock = irq_lock;
};

void stop(minimal::map<policy>& map, minimal::vma<policy>& v) {
    const auto all = map.take_all_locks([&](auto f) { f(v); });
}
