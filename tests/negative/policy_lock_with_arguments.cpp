// expect: rmap: lock must be default constructible and destructible without throwing
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct ranked_lock : rmap::locks::spin {
    explicit ranked_lock(int rank);
};
struct policy : rmap::default_policy {
    using lock = ranked_lock;
};

minimal::map<policy> map;
