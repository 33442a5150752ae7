// expect: rmap: axes 'locking' and 'merge' contradict each other
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using locking = rmap::locking::per_anon_vma;  // needs a rule that reuses no anon_vma
};

minimal::map<policy> map;
