// expect: rmap: the page type must have a hook
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

using policy = rmap::default_policy;
struct frame : rmap::page_hook<rmap::linux_6_18> {
    bool mapped() const noexcept;
};

rmap::reverse_map<frame, minimal::vma<policy>, policy> map;
