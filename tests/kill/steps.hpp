// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the threads of a story about the reference mm do, and what is there before they begin.

#include "kill/household.hpp"

namespace kill::steps {

using step = void (*)(household&);

inline void may_fail(rmap::status s) {
    static_cast<void>(s);
}

// ---- setting up
inline void nothing(household&) {}
inline void have_child(household& h) {
    h.have_child();
}
inline void have_away(household& h) {
    h.ok(h.mm.mmap(*h.parent, {h.away, 4, rw}));
}
inline void have_file(household& h) {
    h.have_file();
}
/// Two children share what the parent has dropped.
inline void have_siblings(household& h) {
    h.have_child();
    h.ok(h.mm.fork(*h.parent, h.second));
    h.ok(h.mm.dontneed(*h.parent, h.anon, 4));
}
inline void have_cached(household& h) {
    h.have_file();
    h.ok(h.mm.read(*h.parent, h.shared + 1));
}
inline void have_copy(household& h) {
    h.have_file();
    h.ok(h.mm.write(*h.parent, h.mapped + 1));
}
inline void have_two(household& h) {
    h.ok(h.mm.write(*h.parent, h.anon + 2));
}
inline void have_stack(household& h) {
    h.ok(h.mm.mmap(*h.parent, {150, 2, rw, kind::anon, nullptr, 0, false, true}));
    h.ok(h.mm.write(*h.parent, 150));
}
/// The child has a page of its own.
inline void have_own(household& h) {
    h.have_child();
    h.ok(h.mm.write(*h.child, h.anon));
}
inline void have_locked_child(household& h) {
    h.have_child();
    h.ok(h.mm.mlock(*h.child, h.anon, 4));
}
inline void have_both_locked(household& h) {
    have_locked_child(h);
    h.ok(h.mm.mlock(*h.parent, h.anon, 4));
}
inline void have_page(household& h) {
    h.found = h.parent->table.find(h.anon + 1)->at(h.anon + 1).mapped();
}
/// Reclaim has taken a page that became locked since, in both spaces.
inline void have_taken(household& h) {
    h.have_child();
    h.found = h.mm.lru().isolate_oldest();
    h.ok(h.mm.mlock(*h.parent, h.anon, 4));
    h.ok(h.mm.mlock(*h.child, h.anon, 4));
    h.flags_are_right = true;
}
inline void have_merged(household& h) {
    have_two(h);
    const system::place_type places[] = {{h.parent, h.anon + 1}, {h.parent, h.anon + 2}};
    h.ok(h.mm.merge_same(places, 2));
}

// ---- faults
inline void read(household& h) {
    h.ok(h.mm.read(*h.parent, h.anon));
}
inline void read_next_leaf(household& h) {
    may_fail(h.mm.read(*h.parent, h.away));
}
inline void write(household& h) {
    may_fail(h.mm.write(*h.parent, h.anon + 1));
}
inline void write_first(household& h) {
    may_fail(h.mm.write(*h.parent, h.anon));
}
inline void write_child(household& h) {
    may_fail(h.mm.write(*h.child, h.anon + 1));
}
inline void write_second(household& h) {
    may_fail(h.mm.write(*h.second, h.anon + 1));
}
inline void read_there(household& h) {
    may_fail(h.mm.read(*h.parent, h.anon + 1));
}
inline void drop(household& h) {
    h.ok(h.mm.dontneed(*h.parent, h.anon, 4));
}
inline void drop_some(household& h) {
    h.ok(h.mm.dontneed(*h.parent, h.anon + 1, 1));
}
inline void read_file(household& h) {
    may_fail(h.mm.read(*h.parent, h.shared + 1));
}
inline void read_private(household& h) {
    may_fail(h.mm.read(*h.parent, h.mapped + 1));
}
inline void write_private(household& h) {
    may_fail(h.mm.write(*h.parent, h.mapped + 1));
}
inline void look(household& h) {
    auto* const l = h.parent->table.find(h.anon + 1);
    verify::require(l != nullptr, "a leaf is gone");
    static_cast<void>(h.mm.maps(*h.parent, h.anon + 1, h.other));
}

inline void write_first_child(household& h) {
    may_fail(h.mm.write(*h.child, h.anon));
}

// ---- lists of pages
inline void reclaim(household& h) {
    static_cast<void>(h.mm.reclaim(2));
}
inline void isolate(household& h) {
    verify::require(h.mm.lru().isolate(*h.found), "a page is on no list");
    h.mm.lru().putback(*h.found);
}
/// What reclaim does with a page that it has taken.
inline void evict(household& h) {
    auto& internals = h.mm.internals();
    rmap::mm::dead_pages<explored> dead{internals};
    bool evicted = false;
    {
        const rmap::write_guard locked{h.found->lock};
        evicted = rmap::mm::detail::evict(internals, *h.found, dead);
    }
    if (!evicted) h.mm.lru().putback(*h.found);
    dead.put(*h.found);
}
inline void count(household& h) {
    static_cast<void>(h.mm.lru().counts());
}
inline void lock(household& h) {
    h.ok(h.mm.mlock(*h.parent, h.anon, 4));
}
inline void lock_child(household& h) {
    h.ok(h.mm.mlock(*h.child, h.anon, 4));
}
inline void lock_file(household& h) {
    h.ok(h.mm.mlock(*h.parent, h.shared, 4));
}
inline void unlock(household& h) {
    h.ok(h.mm.munlock(*h.parent, h.anon, 4));
}
inline void unlock_child(household& h) {
    h.ok(h.mm.munlock(*h.child, h.anon, 4));
}

// ---- ranges
inline void map_behind(household& h) {
    h.ok(h.mm.mmap(*h.parent, {h.anon + 4, 4, rw}));
}
inline void unmap(household& h) {
    h.ok(h.mm.munmap(*h.parent, h.anon + 1, 1));
}
inline void unmap_all(household& h) {
    h.ok(h.mm.munmap(*h.parent, h.anon, 4));
}
inline void unmap_child(household& h) {
    h.ok(h.mm.munmap(*h.child, h.anon, 4));
}
inline void protect(household& h) {
    h.ok(h.mm.mprotect(*h.parent, h.anon + 2, 2, prot::r));
}
inline void move(household& h) {
    h.ok(h.mm.mremap(*h.parent, h.anon, 4, h.away, 4, false));
}
inline void move_near(household& h) {
    h.ok(h.mm.mremap(*h.parent, h.anon, 4, h.anon + 8, 4, false));
}
inline void move_child(household& h) {
    h.ok(h.mm.mremap(*h.child, h.anon, 4, h.away, 4, false));
}
inline void grow(household& h) {
    h.ok(h.mm.grow(*h.parent, 150, 148));
}
inline void write_stack(household& h) {
    may_fail(h.mm.write(*h.parent, 149));
}

// ---- spaces and files
inline void fork(household& h) {
    space* fresh = nullptr;
    h.ok(h.mm.fork(*h.parent, fresh));
}
inline void fork_child(household& h) {
    space* fresh = nullptr;
    h.ok(h.mm.fork(*h.child, fresh));
}
inline void exit_child(household& h) {
    h.mm.exit(*h.child);
}
inline void exec_child(household& h) {
    h.mm.exec(*h.child);
}
inline void create_space(household& h) {
    space* fresh = nullptr;
    h.ok(h.mm.create_space(fresh));
}
inline void create_file(household& h) {
    system::file_type* fresh = nullptr;
    h.ok(h.mm.create_file(fresh));
}
inline void shorten(household& h) {
    h.ok(h.mm.resize(*h.file, 1));
}
inline void lengthen(household& h) {
    h.ok(h.mm.resize(*h.file, 3));
}
/// What is written after the file was long again stays, unless it is short in the end.
inline void lengthen_and_write(household& h) {
    h.ok(h.mm.resize(*h.file, 4));
    if (h.mm.write(*h.parent, h.mapped + 2) != rmap::status::ok) return;
    h.wrote = h.mapped + 2;
}
inline void punch(household& h) {
    h.ok(h.mm.punch(*h.file, 1, 1));
}

// ---- pages
inline void migrate(household& h) {
    h.ok(h.mm.migrate(*h.parent, h.anon, 4));
}
inline void migrate_child(household& h) {
    h.ok(h.mm.migrate(*h.child, h.anon, 4));
}
inline void migrate_one(household& h) {
    h.ok(h.mm.migrate(*h.parent, h.anon + 1, 1));
}
inline void migrate_file(household& h) {
    h.ok(h.mm.migrate(*h.parent, h.shared, 4));
}
inline void merge(household& h) {
    const system::place_type places[] = {{h.parent, h.anon + 1}, {h.parent, h.anon + 2}};
    may_fail(h.mm.merge_same(places, 2));
}

inline void merge_backwards(household& h) {
    const system::place_type places[] = {{h.parent, h.anon + 2}, {h.parent, h.anon + 1}};
    may_fail(h.mm.merge_same(places, 2));
}

}  // namespace kill::steps
