// expect: rmap: locking must provide the guards update and walk. A common mistake is to name a lock
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using locking = rmap::locks::spin;
};

minimal::map<policy> map;
