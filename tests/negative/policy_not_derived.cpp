// expect: rmap: a policy must derive from rmap::default_policy
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy {
    using lock = rmap::locks::spin;
};
struct page {};
struct region {};

rmap::reverse_map<page, region, policy> map;
