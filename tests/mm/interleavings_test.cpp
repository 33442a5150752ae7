// SPDX-License-Identifier: BSL-1.0

// Interleavings of the reference mm that once went wrong somewhere, here or in Linux, each forced:
// a thread stops right before a lock, the others go as far as they can. Each ends with every
// invariant checked, no marker left, and no lock taken against the order.

#include <cstdio>
#include <thread>

#include "support/stage.hpp"

namespace {

using rmap::lock_rank;
using rmap::status;
using rmap_test::before_nth;
using rmap_test::hooked;
using rmap_test::ranked_lock;
using rmap_test::scene;
using rmap_test::stage;

/// Runs f() on another thread as far as it goes without the page lock, or to its end.
template <class F>
std::thread until_page_lock(stage& at, F f) {
    std::thread runs{[&at, f] {
        static_cast<void>(hooked(before_nth(lock_rank::page, 1, [&at] { at.reach("waits"); }), f));
        at.reach("done");
    }};
    at.await({"waits", "done"});
    return runs;
}

/// Runs f() on another thread, which holds none of this one's locks, to its end.
template <class F>
void elsewhere(F f) {
    std::thread runs{f};
    runs.join();
}

/// Another address space does `f` while a page that it shares has markers in its place: the walks
/// of a migration are the third and fourth time that its thread takes the tree lock (the first two:
/// for the reference, and the walk that sets the markers).
template <class F>
void between_the_walks(scene& s, scene::space& migrated, rmap::pgno where, F f) {
    stage at;
    std::thread other;
    s.ok(hooked(before_nth(lock_rank::tree, 3, [&] { other = until_page_lock(at, f); }),
                [&] { return s.mm.migrate(migrated, where, 1); }));
    s.check(other.joinable(), "the migration took other locks than this test thinks");
    if (other.joinable()) other.join();
}

// T1 sets markers | T2 forks, must not copy a marker that the second walk may not meet.
void fork_during_migration(int& bad) {
    scene s{"fork_during_migration", bad};
    auto& parent = s.new_space();
    s.map_anon(parent, 100, 4);
    s.ok(s.mm.write(parent, 101));
    auto& child = s.fork(parent);
    scene::space* late = nullptr;
    between_the_walks(s, child, 101, [&] { return s.mm.fork(parent, late); });
    s.check(late != nullptr && s.at(*late, 101) != nullptr, "the child has no page");
    s.check(s.at(*late, 101) == s.at(child, 101), "the child has another page");
    s.check(s.at(child, 101)->mapcount() == 3, "not three mappings");
}

// T1 sets markers | T2 moves the range: a marker that moved would not be met.
void move_during_migration(int& bad) {
    scene s{"move_during_migration", bad};
    auto& parent = s.new_space();
    s.map_anon(parent, 100, 4);
    s.ok(s.mm.write(parent, 101));
    auto& child = s.fork(parent);
    between_the_walks(s, child, 101, [&] { return s.mm.mremap(parent, 100, 4, 200, 4, false); });
    s.check(s.at(parent, 201) != nullptr && s.at(parent, 201) == s.at(child, 101), "lost");
}

// T1 sets markers | T2 unmaps: the second walk restores nothing there.
void unmap_during_migration(int& bad) {
    scene s{"unmap_during_migration", bad};
    auto& parent = s.new_space();
    s.map_anon(parent, 100, 4);
    s.ok(s.mm.write(parent, 101));
    auto& child = s.fork(parent);
    between_the_walks(s, child, 101, [&] { return s.mm.munmap(parent, 100, 4); });
    s.check(s.at(parent, 101) == nullptr, "an entry came back");
    s.check(s.at(child, 101)->mapcount() == 1, "not one mapping");
}

// T1 has set one marker of two | T2 writes at the other place, finds a page with one mapping:
// without the page lock it would take it for its own, and the marker's page would lead to T2's
// anon_vma.
void reuse_during_migration(int& bad) {
    scene s{"reuse_during_migration", bad};
    auto& parent = s.new_space();
    s.map_anon(parent, 100, 4);
    s.ok(s.mm.write(parent, 101));
    auto& child = s.fork(parent);
    stage at;
    std::thread other;
    // The entry's lock: for finding the page, at the parent's place, at the child's.
    s.ok(hooked(
        before_nth(lock_rank::pte, 3,
                   [&] { other = until_page_lock(at, [&] { return s.mm.write(child, 101); }); }),
        [&] { return s.mm.migrate(parent, 101, 1); }));
    other.join();
    s.check(s.at(parent, 101) != nullptr && s.at(parent, 101) != s.at(child, 101),
            "the writer has no copy");
}

// T1 migrates a private copy of a file's page, has moved the identity | T2 punches a hole into the
// file there: the copy stays.
void punch_during_migration(int& bad) {
    scene s{"punch_during_migration", bad};
    auto& f = s.new_file(8);
    auto& space = s.new_space();
    s.map_private(space, 100, 8, f);
    s.ok(s.mm.write(space, 103));
    between_the_walks(s, space, 103, [&] { return s.mm.punch(f, 0, 8); });
    s.check(s.at(space, 103) != nullptr, "the private copy is lost");
}

// T1 writes to a private mapping where nothing is yet, has looked at the size | T2 makes the file
// shorter, both passes | T1 installs: past the end.
void first_copy_past_the_end(int& bad) {
    scene s{"first_copy_past_the_end", bad};
    auto& f = s.new_file(8);
    auto& space = s.new_space();
    s.map_private(space, 100, 8, f);
    s.ok(s.mm.write(space, 100));  // the leaf and the anon_vma are there
    const status written =
        hooked(before_nth(lock_rank::pte, 2, [&] { elsewhere([&] { s.ok(s.mm.resize(f, 2)); }); }),
               [&] { return s.mm.write(space, 105); });
    s.check(written == status::not_mapped, "a write past the end of a file");
    s.check(s.at(space, 105) == nullptr, "a private copy past the end of a file");
}

// T1 reads, holds a page of the file's cache, not mapped yet | T2 makes the file shorter, first
// pass | T1 maps the page, T3 copies it | T2 drops the page: the copy is left to the second pass.
void copy_between_the_passes(int& bad) {
    scene s{"copy_between_the_passes", bad};
    auto& f = s.new_file(8);
    auto& space = s.new_space();
    s.map_private(space, 100, 8, f);
    s.ok(s.mm.read(space, 105));
    s.ok(s.mm.dontneed(space, 105, 1));
    s.ok(s.mm.write(space, 100));
    stage at;
    // The entry's lock: the first look, the cache's look, the mapping.
    std::thread reader{[&] {
        s.ok(hooked(before_nth(lock_rank::pte, 3,
                               [&] {
                                   at.reach("has the page");
                                   at.await({"first pass"});
                               }),
                    [&] { return s.mm.read(space, 105); }));
    }};
    at.await({"has the page"});
    s.ok(hooked(before_nth(lock_rank::page, 1,
                           [&] {
                               at.reach("first pass");
                               reader.join();
                               s.check(s.at(space, 105) != nullptr, "nothing to copy");
                               elsewhere([&] { s.ok(s.mm.write(space, 105)); });
                               s.check(s.at(space, 105)->anonymous(), "nothing was copied");
                           }),
                [&] { return s.mm.resize(f, 2); }));
    at.reach("first pass");  // so that nobody waits for what does not come
    if (reader.joinable()) reader.join();
    s.check(s.at(space, 105) == nullptr, "a private copy past the end of a file");
}

// T1 punches a hole, has locked a page that nothing maps, has not taken it out of the file yet | T2
// reads there, finds the page in the file: must not map it, since T1 will not look again.
void map_a_page_that_goes(int& bad) {
    scene s{"map_a_page_that_goes", bad};
    auto& f = s.new_file(8);
    auto& space = s.new_space();
    s.map_private(space, 100, 8, f);
    s.ok(s.mm.read(space, 105));
    s.ok(s.mm.dontneed(space, 105, 1));
    stage at;
    std::thread reader;
    // The entry's lock: the space's entries, the cache's to find the page, the cache's to clear it.
    s.ok(hooked(
        before_nth(lock_rank::pte, 3,
                   [&] { reader = until_page_lock(at, [&] { return s.mm.read(space, 105); }); }),
        [&] { return s.mm.punch(f, 0, 8); }));
    reader.join();
    auto* const cached = f.cache.find(5);
    // The reader may have put a page there that the hole then took as well: then nobody has one.
    auto* const there = cached == nullptr ? nullptr : cached->at(5).mapped();
    s.check(s.at(space, 105) == there, "the page mapped is not the file's");
}

// T1 reads where the file has no page yet, has looked at the size | T2 makes the file shorter | T1
// would put a page into the file past its end.
void page_past_the_end(int& bad) {
    scene s{"page_past_the_end", bad};
    auto& f = s.new_file(8);
    auto& space = s.new_space();
    s.map_private(space, 100, 8, f);
    // The entry's lock: the first look, the cache's look, the cache's change.
    const status read =
        hooked(before_nth(lock_rank::pte, 3, [&] { elsewhere([&] { s.ok(s.mm.resize(f, 2)); }); }),
               [&] { return s.mm.read(space, 105); });
    s.check(read == status::not_mapped, "a read past the end of a file");
    s.check(s.at(space, 105) == nullptr, "a page past the end of a file");
}

// T1 forks, is about to link a vma to its file | T2 makes the file shorter: what was copied before
// the child could be found would stay.
void truncate_during_fork(int& bad) {
    scene s{"truncate_during_fork", bad};
    auto& f = s.new_file(8);
    auto& parent = s.new_space();
    s.map_private(parent, 100, 8, f);
    s.ok(s.mm.write(parent, 105));
    scene::space* child = nullptr;
    s.ok(
        hooked(before_nth(lock_rank::file, 1, [&] { elsewhere([&] { s.ok(s.mm.resize(f, 2)); }); }),
               [&] { return s.mm.fork(parent, child); }));
    s.check(s.at(parent, 105) == nullptr && s.at(*child, 105) == nullptr,
            "a private copy past the end of a file");
}

// T1 and T2 touch one vma for the first time: T1 has made an anon_vma, T2 is first.
void lost_prepare(int& bad) {
    scene s{"lost_prepare", bad};
    auto& space = s.new_space();
    s.map_anon(space, 100, 4);
    s.ok(hooked(
        before_nth(lock_rank::tree, 1, [&] { elsewhere([&] { s.ok(s.mm.write(space, 102)); }); }),
        [&] { return s.mm.write(space, 101); }));
    const auto* const one = s.at(space, 101);
    const auto* const two = s.at(space, 102);
    s.check(one->read() == two->read(), "two anon_vmas for one vma");
}

// The upper half of a vma was moved away and moves back, merging with the lower half: that is met
// first by a walk. T1 moves, has merged | T2 migrates by way of a child, has looked at the lower
// half | T1 moves the entries, must wait | T2 looks at the upper half.
void move_back_during_migration(int& bad) {
    scene s{"move_back_during_migration", bad};
    auto& parent = s.new_space();
    s.map_anon(parent, 100, 10);
    s.ok(s.mm.write(parent, 107));
    auto& child = s.fork(parent);
    s.ok(s.mm.mremap(parent, 105, 5, 205, 5, false));
    stage at;
    std::thread mover{[&] {
        int trees = 0;
        ranked_lock::before_lock = [&](lock_rank now) {
            if (now == lock_rank::tree && ++trees == 2) at.reach("waits");
            if (now != lock_rank::page_table || trees != 1) return;
            trees = 1;
            at.reach("merged");
            at.await({"lower half"});
        };
        s.ok(s.mm.mremap(parent, 205, 5, 105, 5, false));
        ranked_lock::before_lock = nullptr;
        at.reach("done");
    }};
    at.await({"merged"});
    // The entry's lock: for finding the page, at the child's place, at the parent's lower half
    // (which was put in again when it grew), at the upper half.
    s.ok(hooked(before_nth(lock_rank::pte, 4,
                           [&] {
                               at.reach("lower half");
                               at.await({"waits", "done"});
                           }),
                [&] { return s.mm.migrate(child, 107, 1); }));
    at.reach("lower half");
    mover.join();
    s.check(s.at(parent, 107) != nullptr && s.at(parent, 107) == s.at(child, 107), "lost");
}

// A merged page names an address space that has exited; a child that is being forked must not be
// taken for it, though it would get the same memory.
void exited_place_of_a_merged_page(int& bad) {
    scene s{"exited_place_of_a_merged_page", bad};
    auto& parent = s.new_space();
    s.map_anon(parent, 100, 4);
    s.ok(s.mm.write(parent, 101));
    s.ok(s.mm.write(parent, 102));
    const scene::system::place_type same[] = {{&parent, 101}, {&parent, 102}};
    s.ok(s.mm.merge_same(same, 2));
    auto& child = s.fork(parent);
    auto& sister = s.fork(parent);
    s.mm.exit(parent);
    stage at;
    scene::space* late = nullptr;
    std::thread forker{[&] {
        s.ok(hooked(before_nth(lock_rank::pte, 1,
                               [&] {
                                   at.reach("linked");
                                   at.await({"own places"});
                               }),
                    [&] { return s.mm.fork(child, late); }));
    }};
    at.await({"linked"});
    // The tree lock: for each of two items the own places, then for each all others.
    s.ok(hooked(before_nth(lock_rank::tree, 3,
                           [&] {
                               at.reach("own places");
                               forker.join();
                           }),
                [&] { return s.mm.migrate(sister, 101, 1); }));
    at.reach("own places");
    if (forker.joinable()) forker.join();
    s.check(s.at(*late, 101) == s.at(sister, 101), "the walk missed the child");
}

}  // namespace

// The search for lock cycles is off, as in tests/stress/mm_test.cpp; ranked_lock knows the order.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() {
    return "detect_deadlocks=0";
}

int main() {
    rmap_test::rank_locks<rmap_test::ranked>();
    int bad = 0;
    fork_during_migration(bad);
    move_during_migration(bad);
    unmap_during_migration(bad);
    reuse_during_migration(bad);
    punch_during_migration(bad);
    first_copy_past_the_end(bad);
    copy_between_the_passes(bad);
    map_a_page_that_goes(bad);
    page_past_the_end(bad);
    truncate_during_fork(bad);
    lost_prepare(bad);
    move_back_during_migration(bad);
    exited_place_of_a_merged_page(bad);
    return bad == 0 ? 0 : 1;
}
