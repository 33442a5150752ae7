// SPDX-License-Identifier: BSL-1.0
#pragma once

// THE lock order of the library and of the reference mm, outermost first; indentation is nesting.
// Any lock may be left out, none may be taken while one further down is held. Every other file
// points here.
//
//   operation locks        over whole operations; mm/file.hpp (resize_lock), mm/context.hpp (ksm)
//   mmap_lock              an address space's own; mm/address_space.hpp. Exclusive for every change
//                          of its vmas, shared for faults
//     page lock            one page's; mm/fault.hpp, mm/migrate.hpp, mm/ksm.hpp, mm/truncate.hpp
//       ksm_node::lock     ops/ksm.hpp
//         i_mmap::lock     a file's vmas; ops/file.hpp, ops/adjust.hpp, ops/walk_file.hpp
//           a page's places   the lock bit of its chain, under topologies::pte_chain alone, where
//                          walks take it and no lock of a tree; ops/places.hpp. Two at once: a
//                          migration, of which one is new
//           anon_vma_chain_lock   an address space's, under locking::lock_all alone
//           shard locks    of a fork tree, in their order; locking/sharded_root.hpp alone
//           tree lock      the lock of an anon_vma's root (locking::root), or of each anon_vma of a
//                          chain, the newest first; locking/root.hpp, locking/held_locks.hpp
//             page_table_lock   an address space's; ops/prepare.hpp
//             pte lock     one leaf page table's; mm/page_table.hpp. Two at once: fork and mremap
//                          hold the mmap_lock exclusively, and take the source's first
//                          (page locks: mm/migrate.hpp and mm/ksm.hpp say why two)
//               lru lock   over the lists of pages and where a page is; mm/lru.hpp
//   take_all_locks mutex   the map's; inside mmap_lock, outside all that it then takes: every
//                          i_mmap lock, then every tree lock. Locks of one rank may be held
//                          together by its holder alone
//   lists of all objects   mm/system.hpp; innermost, as the next
//   lifetime free list     innermost of all; nothing is taken while it is held
//
// The ranks are in core/lock_rank.hpp, with the way to declare a lock that has one;
// verify/lockdep.hpp checks that the order is kept.
//
// Linux keeps the same order for those that both have (mm/rmap.c's head comment describes
// it; 2.6.34 had the tree lock's place taken by the lock of each anon_vma).

#include <rmap/core/lock_rank.hpp>
