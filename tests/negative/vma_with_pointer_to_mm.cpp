// expect: rmap: the vma type must have mm\(\)
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

using policy = rmap::default_policy;
struct region : rmap::vma_hook<policy> {
    rmap::pgno start() const noexcept;
    rmap::pgno pages() const noexcept;
    rmap::pgoff_t pgoff() const noexcept;
    void set_range(rmap::pgno, rmap::pgno, rmap::pgoff_t) noexcept;
    minimal::space<policy>* mm() const noexcept;
};

rmap::reverse_map<minimal::page<policy>, region, policy> map;
