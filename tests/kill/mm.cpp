// SPDX-License-Identifier: BSL-1.0

// Stories of the reference mm: its operations beside each other.

#include "kill/kill.hpp"
#include "kill/steps.hpp"

namespace kill {

void tell_mm(stories& out) {
    using namespace steps;
    verify::explore_options with = plainly;
    with.max_steps = 3000;
    const auto tell = [&out, &with](const char* name, step before, step one, step other) {
        out.push_back({name, "mm", with, [=](verify::test& t) {
                           household h;
                           before(h);
                           t.thread("one", [&] { one(h); });
                           t.thread("other", [&] { other(h); });
                           t.run();
                           h.settled();
                       }});
    };
    tell("two read the zero page", nothing, read, read);
    tell("two make a leaf", have_away, read_next_leaf, read_next_leaf);
    tell("a leaf is made beside a fault in another", have_away, read_next_leaf, read);
    tell("forks of parent and child", have_child, fork, fork_child);
    tell("two write a fresh page", nothing, write_first, write_first);
    tell("a write beside a fork", nothing, write, fork);
    tell("writes in parent and child", have_child, write, write_child);
    tell("a write beside dontneed", nothing, write, drop);
    tell("a fault beside mmap", nothing, write_first, map_behind);
    tell("a fault beside munmap", nothing, write, unmap);
    tell("a fault beside mprotect", nothing, write, protect);
    tell("a fault beside mremap", nothing, write, move);
    tell("a fault beside stack growth", have_stack, write_stack, grow);
    tell("a fault beside exec", have_child, write_child, exec_child);
    tell("a look beside a write", have_child, look, write);
    tell("two fork", nothing, fork, fork);
    tell("a fork beside mmap", nothing, fork, map_behind);
    tell("a fork beside a migration in the child", have_child, fork, migrate_child);
    tell("two create spaces", nothing, create_space, create_space);
    tell("one creates a space, one ends", have_child, create_space, exit_child);
    tell("two create files", nothing, create_file, create_file);
    tell("a migration beside a write", have_child, migrate, write);
    tell("a migration beside a write in the child", have_child, migrate, write_child);
    tell("a migration beside a write in the first sibling", have_siblings, migrate_child,
         write_child);
    tell("a migration beside a write in the second sibling", have_siblings, migrate_child,
         write_second);
    tell("a migration beside a read", nothing, migrate, read_there);
    tell("a migration beside a fork", nothing, migrate, fork);
    tell("a migration beside munmap in the child", have_child, migrate, unmap_child);
    tell("a migration beside mremap", nothing, migrate, move_near);
    tell("a migration beside mremap in the child", have_child, migrate, move_child);
    tell("two migrations", nothing, migrate, migrate);
    tell("two read a page of a file", have_file, read_file, read_file);
    tell("a file shrinks beside a read", have_file, shorten, read_file);
    tell("a file shrinks beside a read of a cached page", have_cached, shorten, read_private);
    tell("a file shrinks beside a private copy", have_cached, shorten, write_private);
    tell("a file shrinks beside a write of a copy", have_copy, shorten, write_private);
    tell("two change a file's size", have_cached, shorten, lengthen);
    tell("a file shrinks beside one who makes it long and writes", have_cached, shorten,
         lengthen_and_write);
    tell("two punch a hole", have_cached, punch, punch);
    tell("a hole is punched beside a migration", have_cached, punch, migrate_file);
    tell("pages are made in two spaces", have_child, write_first, write_first_child);
    tell("pages are freed in two spaces", have_own, unmap_all, unmap_child);
    tell("a page is made, others are freed", have_own, write_first, unmap_child);
    tell("a migration beside a fresh page", have_child, migrate, write_first_child);
    tell("reclaim beside a fresh page", have_child, reclaim, write_first_child);
    tell("reclaim beside a read of a file", have_cached, reclaim, read_file);
    tell("reclaim beside a file that shrinks", have_cached, reclaim, shorten);
    tell("reclaim beside munmap", have_child, reclaim, unmap_child);
    tell("a page is isolated beside a fresh one", have_page, isolate, write_first);
    tell("two reclaim", have_two, reclaim, reclaim);
    tell("counts beside a fresh page", nothing, count, write_first);
    tell("mlock beside munlock in the child", have_locked_child, lock, unlock_child);
    tell("mlock beside mlock in the child", have_child, lock, lock_child);
    tell("munlock beside munlock in the child", have_both_locked, unlock, unlock_child);
    tell("mlock beside a migration", have_child, lock, migrate_child);
    tell("munlock beside a migration", have_locked_child, unlock_child, migrate);
    tell("mlock beside reclaim", have_child, lock, reclaim);
    tell("munlock beside reclaim", have_locked_child, unlock_child, reclaim);
    tell("munlock beside reclaim that has taken the page", have_taken, evict, unlock_child);
    tell("munlock beside munmap", have_both_locked, unlock, unmap_child);
    tell("mlock of a file's pages beside reclaim", have_cached, lock_file, reclaim);
    tell("mlock beside a write in the child", have_child, lock, write_child);
    tell("a merge beside a write", have_two, merge, write);
    tell("two merges, one backwards", have_two, merge, merge_backwards);
    tell("two merges", have_two, merge, merge);
    tell("a merge beside munmap of all", have_two, merge, unmap_all);
    tell("dontneed beside munmap of all", nothing, drop_some, unmap_all);
    tell("a merged page moves beside a migration", have_merged, move, migrate);
    tell("a merge beside munmap", have_two, merge, unmap);
    // The file's size is asked without a lock. Sooner or later is no matter; see mm/file.hpp.
    with.weak = true;
    tell("a file shrinks beside a write of a copy, in the memory model", have_copy, shorten,
         write_private);
    tell("a file shrinks beside a fault, in the memory model", have_cached, shorten, read_file);
    with.weak = false;
    // Too long to search whole.
    with.how = verify::search::preemptions;
    with.preemptions = 1;
    tell("a merge beside a migration", have_two, merge, migrate_one);
}

}  // namespace kill
