// expect: rmap: the vma type must have start\(\), pages\(\), pgoff\(\) and set_range\(\)
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

using policy = rmap::default_policy;
struct region : rmap::vma_hook<policy> {
    rmap::pgno start() const noexcept;
    rmap::pgno end() const noexcept;
    minimal::space<policy>& mm() const noexcept;
};

rmap::reverse_map<minimal::page<policy>, region, policy> map;
