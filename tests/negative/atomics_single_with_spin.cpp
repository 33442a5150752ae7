// expect: rmap: axes 'atomics' and 'lock' contradict each other
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::single_threaded {
    using lock = rmap::locks::spin;
};

minimal::map<policy> map;
