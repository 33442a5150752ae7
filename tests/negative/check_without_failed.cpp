// expect: rmap: check must have a static failed\(name, what, file, line\), noexcept
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct silent {};
struct policy : rmap::default_policy {
    using check = silent;
};

minimal::map<policy> map;
