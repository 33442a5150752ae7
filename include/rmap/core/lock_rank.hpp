// SPDX-License-Identifier: BSL-1.0
#pragma once

// The ranks of the lock order, and the type of a lock of a given rank. What the order is stands in
// locking/order.hpp.
//
// Every lock of a map has the policy's lock type. A type that wants to know which of them it is (to
// check the order: verify/lockdep.hpp) has a member template with_rank<R>, derived from it, which
// then is the type of the locks of rank R. For any other lock type nothing changes.

#include <rmap/core/config.hpp>

namespace rmap::inline RMAP_ABI {

/// The ranks of the order. A lower rank is taken first.
enum class lock_rank : unsigned char {
    operation,  // held over whole operations of the reference mm: a file's size, same-page merging
    mmap,
    page,
    ksm,
    all_locks,
    file,
    chain,
    shard,
    tree,
    page_table,
    pte,
    lru,
    lists,  // the reference mm's lists of all its objects
    free_list,
};

namespace detail {

template <class Lock, lock_rank Rank>
struct ranked {
    using type = Lock;
};
template <class Lock, lock_rank Rank>
    requires requires {
        typename Lock::template with_rank<Rank>;
    }
struct ranked<Lock, Rank> {
    using type = typename Lock::template with_rank<Rank>;
};

}  // namespace detail

/// How a lock of a map is declared, by the library and in users' pages and address spaces:
///
///     rmap::lock_of_rank<Policy, rmap::lock_rank::page_table> page_table_lock;
template <class Policy, lock_rank Rank>
using lock_of_rank = typename detail::ranked<typename Policy::lock, Rank>::type;

}  // namespace rmap::inline RMAP_ABI
