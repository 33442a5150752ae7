// expect: rmap: the policy names an axis that does not exist
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using lock_type = rmap::locks::spin;
};

minimal::map<policy> map;
