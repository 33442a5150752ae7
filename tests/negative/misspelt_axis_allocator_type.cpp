// expect: rmap: the policy names an axis that does not exist
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using allocator_type = rmap::memory::heap;
};

minimal::map<policy> map;
