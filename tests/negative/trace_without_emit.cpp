// expect: rmap: trace must have a static emit\(event, object, object\), noexcept
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct mute {};
struct policy : rmap::default_policy {
    using trace = mute;
};

minimal::map<policy> map;
