// expect: rmap: the policy names an axis that does not exist
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using lifetimes = rmap::lifetimes::caller_held;
};

minimal::map<policy> map;
