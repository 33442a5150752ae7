// expect: rmap: stats must provide counters<Atomics>
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct uncounted {};
struct policy : rmap::default_policy {
    using stats = uncounted;
};

minimal::map<policy> map;
