// SPDX-License-Identifier: BSL-1.0
#pragma once

// THE list of compositions that tests run over. A new lock, topology or rule is one line here.
// `every` is all of them; `as_linux` those that must behave as Linux 6.18 does; `few` one of each
// kind of lock, for tests whose cost is compiling.

#include <tuple>

#include <rmap/hosted/std_atomics.hpp>
#include <rmap/hosted/std_locks.hpp>
#include <rmap/locks/token.hpp>
#include <rmap/policy.hpp>

#include "support/failing_memory.hpp"

namespace rmap_test {

/// A lock as a kernel's that saves the interrupt state: lock() hands out a token, which unlock()
/// must get back.
class token_lock {
public:
    struct saved_flags {
        unsigned value = 0;
    };

    [[nodiscard]] saved_flags lock() noexcept {
        lock_.lock();
        return {++given_};
    }
    void unlock(saved_flags flags) noexcept {
        if (flags.value != given_) __builtin_abort();  // a guard lost or mixed up its token
        lock_.unlock();
    }
    [[nodiscard]] rmap::locks::try_result<saved_flags> try_lock() noexcept {
        if (!lock_.try_lock()) return {};
        return saved_flags{++given_};
    }
    [[nodiscard]] bool is_held() const noexcept { return lock_.is_held(); }

private:
    rmap::locks::spin lock_{};
    unsigned given_ = 0;  // written holding lock_
};

struct spin_locked : rmap::default_policy {
    using lock = rmap::locks::spin;
};
struct token_locked : rmap::default_policy {
    using lock = token_lock;
};
struct std_mutex : rmap::default_policy {
    using lock = rmap::hosted::mutex;
};
struct std_shared : rmap::default_policy {
    using atomics = rmap::hosted::std_atomics;
    using lock = rmap::hosted::shared_mutex;
};
struct chain_locked : rmap::default_policy {
    using lock = rmap::locks::mcs;
    using locking = rmap::locking::lock_all;
};
struct chain_locked_shared : rmap::default_policy {
    using locking = rmap::locking::lock_all;
};
struct shard_locked : rmap::default_policy {
    using locking = rmap::locking::sharded_root;
};

struct listed : rmap::default_policy {
    using topology = rmap::topologies::chain_list;
};
struct listed_chain_locked : rmap::default_policy {
    using lock = rmap::locks::spin;
    using locking = rmap::locking::lock_all;
    using topology = rmap::topologies::chain_list;
};
struct cow_single : rmap::single_threaded {
    using topology = rmap::topologies::cow_tree;
};

struct one_list : rmap::default_policy {
    using topology = rmap::topologies::single_list;
    using merge = rmap::merges::linux_2_6_7;
};
struct one_list_chain_locked : one_list {
    using locking = rmap::locking::lock_all;
};

/// Not in the lists: it is to be told of every page-table entry.
struct exact : rmap::default_policy {
    using topology = rmap::topologies::pte_chain;
    using merge = rmap::merges::linux_2_6_7;
};

/// Any policy with the memory that tests can let fail.
template <class Policy>
struct tested : Policy {
    using allocator = failing_memory;
};

template <template <class> class F>
using every = std::tuple<F<tested<rmap::default_policy>>, F<tested<rmap::linux_6_18>>,
                         F<tested<rmap::never_merge>>, F<tested<rmap::single_threaded>>,
                         F<tested<spin_locked>>, F<tested<token_locked>>, F<tested<std_mutex>>,
                         F<tested<std_shared>>, F<tested<chain_locked>>,
                         F<tested<shard_locked>>, F<tested<listed>>, F<tested<listed_chain_locked>>,
                         F<tested<one_list>>, F<tested<rmap::cow_tree>>, F<tested<cow_single>>,
                         F<tested<rmap::counted<rmap::default_policy>>>>;

template <template <class> class F>
using as_linux = std::tuple<F<tested<rmap::default_policy>>, F<tested<rmap::single_threaded>>,
                            F<tested<token_locked>>, F<tested<chain_locked>>,
                            F<tested<shard_locked>>, F<tested<listed>>,
                            F<tested<rmap::cow_tree>>>;

template <template <class> class F>
using few = std::tuple<F<tested<rmap::default_policy>>, F<tested<rmap::never_merge>>,
                       F<tested<rmap::single_threaded>>, F<tested<token_locked>>,
                       F<tested<chain_locked>>, F<tested<shard_locked>>, F<tested<listed>>,
                       F<tested<rmap::cow_tree>>>;

/// Those that several threads may use, and whose try modes can fail.
template <template <class> class F>
using locking =
    std::tuple<F<tested<rmap::default_policy>>, F<tested<token_locked>>, F<tested<std_shared>>,
               F<tested<chain_locked_shared>>, F<tested<shard_locked>>, F<tested<rmap::cow_tree>>,
               F<tested<rmap::glancing_cow_tree>>>;

/// One, for what does not depend on the policy.
template <template <class> class F>
using one = std::tuple<F<tested<rmap::default_policy>>>;

}  // namespace rmap_test
