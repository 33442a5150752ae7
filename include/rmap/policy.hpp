// SPDX-License-Identifier: BSL-1.0
#pragma once

// THE place of composition. A policy names one choice on every axis; a user's policy derives from
// default_policy and names only what differs:
//
//     struct my_policy : rmap::default_policy {
//         using lock = my::irq_spinlock;
//     };
//
// The default gives the semantics of Linux 6.18. compat.hpp has the rules between axes.

#include <rmap/core/atomics.hpp>
#include <rmap/core/check.hpp>
#include <rmap/core/config.hpp>
#include <rmap/core/memory.hpp>
#include <rmap/core/statistics.hpp>
#include <rmap/core/trace.hpp>
#include <rmap/lifetimes/caller_held.hpp>
#include <rmap/lifetimes/type_stable.hpp>
#include <rmap/locking/lock_all.hpp>
#include <rmap/locking/per_anon_vma.hpp>
#include <rmap/locking/root.hpp>
#include <rmap/locking/seq_retry.hpp>
#include <rmap/locking/sharded_root.hpp>
#include <rmap/locks/mcs.hpp>
#include <rmap/locks/none.hpp>
#include <rmap/locks/rw_spin.hpp>
#include <rmap/locks/seq_rw_spin.hpp>
#include <rmap/locks/spin.hpp>
#include <rmap/locks/ticket.hpp>
#include <rmap/merges/adjacent.hpp>
#include <rmap/merges/linux_2_6_34.hpp>
#include <rmap/merges/linux_2_6_37.hpp>
#include <rmap/merges/linux_2_6_7.hpp>
#include <rmap/merges/linux_6_15.hpp>
#include <rmap/merges/linux_6_16.hpp>
#include <rmap/merges/linux_6_18.hpp>
#include <rmap/merges/never.hpp>
#include <rmap/topologies/chain_list.hpp>
#include <rmap/topologies/chain_tree.hpp>
#include <rmap/topologies/cow_tree.hpp>
#include <rmap/topologies/late_cow_tree.hpp>
#include <rmap/topologies/pte_chain.hpp>
#include <rmap/topologies/single_list.hpp>

namespace rmap::inline RMAP_ABI {

struct default_policy {
    using atomics = rmap::atomics::builtin;         // how shared memory is touched
    using lock = rmap::locks::rw_spin;              // the type of every lock in the map
    using locking = rmap::locking::root;            // which locks an update and a walk take
    using topology = rmap::topologies::chain_tree;  // how an anon_vma finds its vmas
    using merge = rmap::merges::linux_6_18;         // who may share an anon_vma, what may merge
    using lifetime = rmap::lifetimes::type_stable;  // how a pointer read from a page is made safe
    using allocator = rmap::memory::heap;           // where anon_vmas and links come from
    using check = rmap::checks::panic;              // told of broken preconditions
    using trace = rmap::traces::none;               // told what happens
    using stats = rmap::statistics::none;           // counters
};

// ---- kernels, as they put lock, discipline, topology and merge rule together. A kernel's mutex or
// semaphore, which sleeps, is a lock that spins here.

/// Linux 2.6.7 to 2.6.33: one anon_vma a family, whose lock is the root's.
struct linux_2_6_7 : default_policy {
    using lock = rmap::locks::spin;
    using topology = rmap::topologies::single_list;
    using merge = rmap::merges::linux_2_6_7;
};

/// As chains came into 2.6.34, a lock in each anon_vma: walks may miss, a chain may be lost (B06,
/// B08, B09), and a walk reads the range of a vma of which another anon_vma's lock alone is held
/// (B10, a data race). To show that; not for use.
struct linux_2_6_34 : default_policy {
    using lock = rmap::locks::spin;
    using locking = rmap::locking::per_anon_vma;
    using topology = rmap::topologies::chain_list;
    using merge = rmap::merges::linux_2_6_34;
};

/// Linux 2.6.36 to 2.6.39: the root's lock for all.
struct linux_2_6_37 : default_policy {
    using lock = rmap::locks::spin;
    using topology = rmap::topologies::chain_list;
    using merge = rmap::merges::linux_2_6_37;
};

/// Linux 3.8 to 3.18: trees by offset (3.7), walks side by side (3.8).
struct linux_3_8 : default_policy {
    using merge = rmap::merges::linux_3_0;
};

/// Linux 3.19 to 5.19, with CVE-2022-42703 (B20).
struct linux_3_19 : default_policy {
    using merge = rmap::merges::linux_3_19;
};

/// Linux 6.0 to 6.15.
struct linux_6_15 : default_policy {
    using merge = rmap::merges::linux_6_15;
};

/// Linux 6.16 to 6.18 as they came out: mremap may lose a chain (B28). To show that; not for use.
struct linux_6_16 : default_policy {
    using merge = rmap::merges::linux_6_16;
};

/// The reference: what a running Linux 6.18 does.
struct linux_6_18 : default_policy {};

// ---- and others

/// Nothing merges, nothing is shared: the baseline.
struct never_merge : default_policy {
    using merge = rmap::merges::never;
};

/// The semantics of Linux 6.18 over a topology of ours: smaller, and faster where families are
/// wide or deep.
struct cow_tree : default_policy {
    using topology = rmap::topologies::cow_tree;
};

/// The same where most fork children write little of what they inherit: a vma gets its own
/// anon_vma when it needs one, and what a fork child costs before is an entry of its parent's.
struct late_cow_tree : default_policy {
    using topology = rmap::topologies::late_cow_tree;
};

/// cow_tree, with walks without the lock for visitors that need none (docs/glance.md). A lock of
/// eight bytes, and what such walks are told, make its anon_vmas larger than a cache line.
struct glancing_cow_tree : cow_tree {
    using lock = rmap::locks::seq_rw_spin;
};

/// For one thread: no lock, no locked instruction, no stale reader.
struct single_threaded : default_policy {
    using atomics = rmap::atomics::single;
    using lock = rmap::locks::none;
    using lifetime = rmap::lifetimes::caller_held;
};

/// Any of them, with counters: what programs use that print what the map holds.
template <class Policy>
struct counted : Policy {
    using stats = rmap::statistics::counting;
};

}  // namespace rmap::inline RMAP_ABI
