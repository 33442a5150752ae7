// expect: rmap: the vma type must have a hook
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

using policy = rmap::default_policy;

rmap::reverse_map<minimal::page<policy>, minimal::vma<rmap::linux_6_18>, policy> map;
