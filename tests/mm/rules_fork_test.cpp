// SPDX-License-Identifier: BSL-1.0

// Rules K (fork) of docs/linux_6_18.md: a case a rule.

#define BOOST_TEST_MODULE rules_fork
#include <boost/test/unit_test.hpp>

#include "support/scenario.hpp"

using rmap_test::scenario;

namespace {

// An address space with one written vma.
void start(scenario& m) {
    m.map(0, 0x100, 2, "rw-");
    m.write(0, 0x100);
}

}  // namespace

BOOST_AUTO_TEST_CASE(k_1_a_child_is_linked_to_all_of_its_parents_chain) {
    scenario m;
    start(m);
    m.fork(0, 1);
    m.fork(1, 2);
    m.fork(2, 3);
    BOOST_TEST(m.chains() ==
               "0:100@100 [*0], 1:100@100 [*1 0], 2:100@100 [*2 1 0], 3:100@100 [*3 2 1 0]");
}

BOOST_AUTO_TEST_CASE(k_2_its_own_anon_vma_is_under_the_parents_own_and_in_the_same_tree) {
    scenario m;
    start(m);
    m.fork(0, 1);
    m.fork(0, 2);
    m.fork(2, 3);
    BOOST_TEST(m.avs() ==
               "0 children=3 active=1, 1 root=0 parent=0 children=0 active=1, "
               "2 root=0 parent=0 children=1 active=1, 3 root=0 parent=2 children=0 active=1");
}

BOOST_AUTO_TEST_CASE(k_3_an_ancestors_anon_vma_that_nobody_owns_is_taken_over) {
    scenario m;
    start(m);
    m.fork(0, 1);
    m.fork(1, 2);
    BOOST_TEST(m.objs() == "3/6");
    m.exit(1);
    BOOST_TEST(m.objs() == "3/4");
    m.fork(2, 3);
    BOOST_TEST(m.objs() == "3/7");
    // 1 of the chain of 2 is what process 1 had; process 3 has it now, and no further link.
    BOOST_TEST(m.chains() == "0:100@100 [*0], 2:100@100 [*1 2 0], 3:100@100 [1 *2 0]");
    m.fork(2, 4);
    BOOST_TEST(m.objs() == "4/11");
}

BOOST_AUTO_TEST_CASE(k_4_the_oldest_of_those_that_could_be_taken_over_is) {
    scenario m;
    start(m);
    m.fork(0, 1);
    m.fork(1, 2);
    m.fork(2, 3);
    m.exit(1);
    m.exit(2);
    BOOST_TEST(m.chains() == "0:100@100 [*0], 3:100@100 [*1 2 3 0]");
    m.fork(3, 4);
    BOOST_TEST(m.chains() == "0:100@100 [*0], 3:100@100 [*1 2 3 0], 4:100@100 [1 2 *3 0]");
}

BOOST_AUTO_TEST_CASE(k_5_one_with_two_children_is_not_taken_over) {
    scenario m;
    start(m);
    m.fork(0, 1);
    m.fork(1, 2);
    m.fork(1, 3);
    m.exit(1);
    BOOST_TEST(m.objs() == "4/7");
    m.fork(2, 4);
    BOOST_TEST(m.objs() == "5/11");
    m.exit(3);
    m.exit(4);
    BOOST_TEST(m.objs() == "3/4");
    m.fork(2, 5);
    BOOST_TEST(m.objs() == "3/7");
}

BOOST_AUTO_TEST_CASE(k_6_one_that_a_vma_owns_is_not_taken_over) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.write(0, 0x100, 4);
    m.fork(0, 1);
    m.fork(1, 2);
    // Process 1 keeps one page of it: that part still owns it.
    m.unmap(1, 0x100, 3);
    m.fork(2, 3);
    BOOST_TEST(m.objs() == "4/10");
    m.unmap(1, 0x103, 1);
    m.fork(2, 4);
    BOOST_TEST(m.chains() ==
               "0:100@100 [*0], 2:100@100 [*1 2 0], 3:100@100 [*3 1 2 0], 4:100@100 [1 *2 0]");
}

BOOST_AUTO_TEST_CASE(k_7_a_root_is_taken_over_only_when_no_other_anon_vma_is_under_it) {
    scenario m;
    start(m);
    m.fork(0, 1);
    m.exit(0);
    // The root counts itself and the anon_vma of 1.
    BOOST_TEST(m.avs() == "0 root=1 parent=1 children=0 active=1, 1 children=2 active=0");
    m.fork(1, 2);
    BOOST_TEST(m.objs() == "3/5");
    m.exit(1);
    BOOST_TEST(m.objs() == "3/3");
    m.fork(2, 3);  // takes over that of 1, between the root and its own
    BOOST_TEST(m.chains() == "2:100@100 [*0 1 2], 3:100@100 [0 *1 2]");
}

BOOST_AUTO_TEST_CASE(k_8_an_unfaulted_vma_gives_its_copy_nothing) {
    scenario m;
    m.filesize(0, 8);
    m.map(0, 0x100, 4, "rw-");
    m.map_private(0, 0x200, 4, "rw-", 0, 0);
    m.map_shared(0, 0x300, 4, "rw-", 0, 0);
    m.read(0, 0x100, 4);
    m.write(0, 0x300);
    m.fork(0, 1);
    BOOST_TEST(m.objs() == "0/0");
    // What either writes later is a tree of its own.
    m.write(0, 0x100);
    m.write(1, 0x100);
    BOOST_TEST(m.chains() == "0:100@100 [*0], 1:100@100 [*1]");
    BOOST_TEST(m.avs() == "0 children=1 active=1, 1 children=1 active=1");
}

BOOST_AUTO_TEST_CASE(k_9_each_part_of_a_vma_that_was_split_gets_an_anon_vma_of_its_own) {
    scenario m;
    m.map(0, 0x100, 4, "rw-");
    m.write(0, 0x100);
    m.protect(0, 0x102, 2, "r--");
    BOOST_TEST(m.objs() == "1/2");
    m.fork(0, 1);
    BOOST_TEST(m.objs() == "3/6");
    BOOST_TEST(m.chains() ==
               "0:100@100 [*0], 0:102@102 [*0], 1:100@100 [*1 0], 1:102@102 [*2 0]");
    m.fork(1, 2);
    BOOST_TEST(m.objs() == "5/12");
    m.exit(1);
    BOOST_TEST(m.objs() == "5/8");
    m.fork(2, 3);  // each takes over its own ancestor's
    BOOST_TEST(m.objs() == "5/14");
}

BOOST_AUTO_TEST_CASE(k_10_stripes_heal_in_the_parent_and_never_in_the_child) {
    scenario m;
    m.map(0, 0x100, 12, "rw-");
    m.write(0, 0x100, 12);
    for (unsigned i = 1; i < 12; i += 2) m.protect(0, 0x100 + i, 1, "r--");
    BOOST_TEST(m.objs() == "1/12");
    m.fork(0, 1);
    BOOST_TEST(m.objs() == "13/36");
    m.protect(0, 0x100, 12, "rw-");
    BOOST_TEST(m.vmas(0) == "100+12 rw-");
    BOOST_TEST(m.objs() == "13/25");
    m.protect(1, 0x100, 12, "rw-");
    BOOST_TEST(m.objs() == "13/25");
}

BOOST_AUTO_TEST_CASE(k_11_fork_and_exit_over_and_over_stays_bounded) {
    scenario m;
    start(m);
    const char* const forked[] = {"2/3", "3/5", "3/6", "3/6", "3/6", "3/6"};
    const char* const exited[] = {"2/2", "3/3", "3/3", "3/3", "3/3", "3/3"};
    for (unsigned i = 0; i != 6; ++i) {
        m.fork(i, i + 1);
        BOOST_TEST(m.objs() == forked[i]);
        m.exit(i);
        BOOST_TEST(m.objs() == exited[i]);
        m.write(i + 1, 0x100);
    }
}

BOOST_AUTO_TEST_CASE(k_12_a_child_has_the_vmas_as_they_are_but_unlocked) {
    scenario m;
    m.filesize(0, 8);
    m.map(0, 0x100, 4, "rw-", "locked");
    m.map(0, 0x104, 4, "rw-");
    m.map_shared(0, 0x200, 4, "r--", 0, 3);
    m.map(0, 0x300, 4, "rw-", "stack");
    m.fork(0, 1);
    BOOST_TEST(m.vmas(0) == "100+4 rw- locked, 104+4 rw-, 200+4 r-- shared f0@3, 300+4 rw- stack");
    // The first two are alike now, but fork merges nothing.
    BOOST_TEST(m.vmas(1) == "100+4 rw-, 104+4 rw-, 200+4 r-- shared f0@3, 300+4 rw- stack");
}

BOOST_AUTO_TEST_CASE(k_13_a_moved_vmas_offset_is_inherited) {
    scenario m;
    start(m);
    m.move(0, 0x100, 2, 0x200);
    m.fork(0, 1);
    BOOST_TEST(m.chains() == "0:200@100 [*0], 1:200@100 [*1 0]");
    BOOST_TEST(m.pages() == "2 0:200 1:200");
}
