// expect: rmap: atomics must be a family: atomic<T>, plain<T>, fence, pause
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct bare_words {};
struct policy : rmap::default_policy {
    using atomics = bare_words;
};

minimal::map<policy> map;
