// expect: rmap: the reference mm needs a 'locking' discipline whose walks are complete
// SPDX-License-Identifier: BSL-1.0

#include <rmap/mm.hpp>

struct policy : rmap::default_policy {
    using locking = rmap::locking::seq_retry;
    using merge = rmap::merges::never;
};

rmap::mm::system<policy> mm;
