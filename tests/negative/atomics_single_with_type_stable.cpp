// expect: rmap: axes 'atomics' and 'lifetime' contradict each other
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::single_threaded {
    using lifetime = rmap::lifetimes::type_stable;
};

minimal::map<policy> map;
