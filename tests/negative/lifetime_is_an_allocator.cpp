// expect: rmap: lifetime must provide a pool with get, put and clear. A common mistake is to name an all
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using lifetime = rmap::memory::heap;
};

minimal::map<policy> map;
