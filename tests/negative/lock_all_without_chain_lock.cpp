// expect: rmap: a 'locking' discipline that locks whole chains needs an anon_vma_chain_lock
// SPDX-License-Identifier: BSL-1.0

#include "support/minimal.hpp"

struct policy : rmap::default_policy {
    using locking = rmap::locking::lock_all;
};

minimal::map<policy> map;  // whose address space has a page_table_lock and no other
